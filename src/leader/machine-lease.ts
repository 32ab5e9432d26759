import { isObeying } from "../cluster/machines.ts";
import { describeError, FlotillaError } from "../error.ts";
import { deadlineFor, type LeaseParameters, leaseEndsBy, readingMaxAgeMs } from "../lease/bound.ts";
import type { MachineLink } from "../machine/link.ts";
import type { Office } from "./office.ts";

/** One machine's lease as this leader renews it. */
export interface MachineLease {
  /** The leader's clock, in milliseconds, by which every lease that it ever sent has ended; undefined: it sent none. */
  sentUntilMs(): number | undefined;
  /** From now on renewals go over this link, whose guards were given the lease as it is now; undefined: nowhere. */
  use(link: MachineLink | undefined): void;
  /** Begins a renewal: the returned function sends it, once leadership is confirmed in a round that began at `nowMs`. */
  prepare(nowMs: number): (() => void) | undefined;
}

/** How long a renewal may stay unanswered before the machine counts as silent, as a share of the TTL. */
const SILENCE_PER_TTL = 1 / 3;
/** Both guards take up a new script within two ticks; until then the old grace may be in force. */
const GUARDS_TAKE_UP_MS = 1_000;

export function createMachineLease(machineId: string, office: Office): MachineLease {
  const { clock, view, clockErrors, propose, log } = office;
  let given: { readonly lease: LeaseParameters; readonly atMs: number } | undefined;
  let link: MachineLink | undefined;
  let sentUntilMs: number | undefined;
  /** The last deadline that this link's machine has acknowledged. */
  let deadlineCs: number | undefined;
  let isUnanswered = false;

  const renewable = () => {
    const machine = view.state.machines.get(machineId);
    // Nobody renews a suspect machine until the suspicion is withdrawn by command (lease.md, rule 5).
    return link && !isUnanswered && machine && isObeying(machine) && machine.isExclusiveCapable
      ? machine
      : undefined;
  };
  /** Only a deadline under the new lease, accepted by guards that know it, ends the old one (lease.md, rule 17). */
  const acknowledge = (): void => {
    const machine = view.state.machines.get(machineId);
    if (!given || !machine || clock.now() - given.atMs < GUARDS_TAKE_UP_MS) return;
    const { lease } = given;
    if (lease !== view.state.lease || JSON.stringify(machine.leaseInForce) === JSON.stringify(lease)) return;
    propose({ kind: "lease-acknowledged", machine: machineId, lease }).catch((error) =>
      log("info", describeError(error), { machine: machineId }),
    );
  };
  const renew = async (to: MachineLink, nextCs: number): Promise<void> => {
    const silenceMs = view.state.lease.ttlMs * SILENCE_PER_TTL;
    const end = (code: string, message: string) =>
      to.close(new FlotillaError(code, message, { at: machineId }));
    const cancel = clock.after(silenceMs, () => end("machine-silent", `no answer for ${silenceMs} ms`));
    isUnanswered = true;
    try {
      const answer = await to.renew(nextCs);
      if (answer !== "ok") return end("lease-refused", `the machine refused a renewal: ${answer}`);
      const hadEnded = deadlineCs !== undefined && to.reading.machineCs > deadlineCs;
      if (to === link) deadlineCs = nextCs;
      acknowledge();
      if (hadEnded) end("lease-lapsed", "a renewal came after the lease had ended");
    } catch (error) {
      end("machine-disconnected", describeError(error));
    } finally {
      cancel();
      if (to === link) isUnanswered = false;
    }
  };

  return {
    sentUntilMs: () => sentUntilMs,
    use: (next) => {
      link = next;
      given = next && { lease: view.state.lease, atMs: clock.now() };
      deadlineCs = undefined;
      isUnanswered = false;
    },
    prepare: (nowMs) => {
      const to = link;
      const machine = renewable();
      if (!to || !machine || nowMs - to.reading.receivedAtMs > readingMaxAgeMs) return undefined;
      const { reading } = to;
      return () => {
        if (to !== link || !renewable()) return;
        const { ttlMs } = view.state.lease;
        // Counted before it is sent: whatever becomes of it, it may arrive (lease.md, "The bound").
        const untilMs = leaseEndsBy(reading, nowMs, ttlMs, clockErrors(machine));
        sentUntilMs = Math.max(sentUntilMs ?? 0, untilMs);
        void renew(to, deadlineFor(reading, nowMs, ttlMs));
      };
    },
  };
}
