import { z } from "zod";

const seen = { machine: z.string(), bootId: z.string() };

/** Why a placement may be given up, best first. Silence, FIN, RST, "refused" and "unreachable" are none (lease.md, D). */
export const proofSchema = z.discriminatedUnion("kind", [
  /** The gate was removed first, then systemd acknowledged the stop of the units and of their own mount. */
  z.object({ kind: z.literal("stopped"), ...seen }),
  /** The machine was reached again under another boot id, and the units were absent. */
  z.object({ kind: z.literal("new-boot"), ...seen, now: z.string() }),
  /** A device that reported the machine's power as off. */
  z.object({ kind: z.literal("fence-device"), ...seen, device: z.string() }),
  /** The bound has passed since the last renewal that was sent, the suspicion, or the election. */
  z.object({
    kind: z.literal("lease-bound"),
    ...seen,
    since: z.enum(["renewal", "suspicion", "election"]),
    waitedMs: z.number(),
  }),
  /** A person said so; no member reached the machine. */
  z.object({ kind: z.literal("operator"), ...seen, operator: z.string(), earlyMs: z.number() }),
]);

export type Proof = Readonly<z.infer<typeof proofSchema>>;

const anchors = {
  renewal: "the last renewal that was sent",
  suspicion: "the suspicion",
  election: "the election",
};

/** One sentence for people: what was seen, and so why nothing can be running there. */
export function describeProof(proof: Proof): string {
  const { machine } = proof;
  switch (proof.kind) {
    case "stopped":
      return `systemd on ${machine} acknowledged the stop`;
    case "new-boot":
      return `${machine} came back under boot ${proof.now} with nothing of it running`;
    case "fence-device":
      return `${proof.device} reported that ${machine} is switched off`;
    case "lease-bound":
      return `the lease of ${machine} is over for certain: ${seconds(proof.waitedMs)} since ${anchors[proof.since]}`;
    case "operator":
      return `${proof.operator} said that ${machine} is down, ${seconds(proof.earlyMs)} before the lease's bound`;
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
