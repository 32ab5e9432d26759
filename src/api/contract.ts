import { z } from "zod";

// What the API takes and gives, as the server checks it. The client imports the inferred types only: loading zod
// would cost `list-units` more than the request itself.

/** Most units that one request may name or carry. */
export const maxUnitsPerRequest = 1000;
/** Longest unit file in characters; systemd itself refuses lines beyond 1 MiB. */
export const maxUnitText = 1024 * 1024;
/** Longest wait of one long poll in seconds. */
export const maxWaitSeconds = 30;

const unitName = z.string().min(1).max(256);
const names = z.array(unitName).min(1).max(maxUnitsPerRequest);
export const desiredState = z.enum(["inactive", "loaded", "launched"]);

export const submitRequest = z.strictObject({
  units: z
    .array(z.strictObject({ name: unitName, text: z.string().max(maxUnitText) }))
    .min(1)
    .max(maxUnitsPerRequest),
  /** Left out: a new unit is inactive, a known one keeps its state. */
  desired: desiredState.optional(),
  replace: z.boolean().optional(),
});
export const desireRequest = z.strictObject({ names, desired: desiredState });
export const destroyRequest = z.strictObject({ names });
export const statusRequest = z.strictObject({ name: unitName });

const port = z.int().min(1).max(65535);
export const probeRequest = z.strictObject({ address: z.string().min(1), port, user: z.string().min(1) });
export const enrolRequest = probeRequest.extend({
  /** As in known_hosts, without the host: `ssh-ed25519 AAAA...`. */
  hostKey: z.string().min(1),
  metadata: z.record(z.string(), z.string()),
  /** The operator's word on how far the machine's clock may run from true time, in parts per million. */
  clockPpm: z.int().min(0).optional(),
});
export const adoptRequest = z.strictObject({
  /** The id of the cluster that gives the machine up. */
  from: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
});
export const memberRequest = z.strictObject({ id: z.string().min(1), address: z.string().min(1) });
export const leaseRequest = z.strictObject({ ttlMs: z.int().optional(), graceMs: z.int().optional() });

/** Query of `GET /v1/units`; `after` and `wait` make it a long poll. */
export const unitsQuery = z.object({
  names: z
    .string()
    .transform((text) => text.split(","))
    .optional(),
  text: z
    .literal(["0", "1"])
    .transform((flag) => flag === "1")
    .optional(),
  after: z.coerce.number().int().min(0).optional(),
  wait: z.coerce.number().min(0).max(maxWaitSeconds).optional(),
});
export const journalQuery = z.object({
  unit: unitName,
  lines: z.coerce.number().int().min(0).max(100_000).default(10),
  output: z
    .string()
    .regex(/^[a-z-]+$/)
    .default("short"),
  follow: z
    .literal(["0", "1"])
    .transform((flag) => flag === "1")
    .default(false),
});
/** On every POST and DELETE; a retry carries the same one and is applied once. */
export const idempotencyKey = z.uuid();

export type DesiredState = z.infer<typeof desiredState>;
export type SubmitRequest = z.infer<typeof submitRequest>;
export type DesireRequest = z.infer<typeof desireRequest>;
export type DestroyRequest = z.infer<typeof destroyRequest>;
export type StatusRequest = z.infer<typeof statusRequest>;
export type ProbeRequest = z.infer<typeof probeRequest>;
export type EnrolRequest = z.infer<typeof enrolRequest>;
export type AdoptRequest = z.infer<typeof adoptRequest>;
export type MemberRequest = z.infer<typeof memberRequest>;
export type LeaseRequest = z.infer<typeof leaseRequest>;

/** Every answer that is not 2xx. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly at?: string;
  };
}
export interface VersionAnswer {
  readonly version: string;
  readonly cluster: string;
  readonly member: string;
  readonly role: string;
  readonly leader?: string;
  readonly term: number;
}
export interface MachineRef {
  readonly id: string;
  readonly address: string;
}
/** Systemd's words for a unit on one machine. */
export interface Observed {
  readonly machine: MachineRef;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
}
/**
 * Why a unit is not placed or not running: on one machine, or everywhere when `machine` is null. With the constraint
 * `needed`, why it goes on where nobody asks for it itself.
 */
export interface Reason {
  readonly machine: string | null;
  readonly constraint: string;
  readonly message: string;
}
export interface UnitView {
  readonly name: string;
  readonly hash: string;
  readonly description: string;
  readonly type: string;
  readonly isGlobal: boolean;
  readonly isTemplate: boolean;
  readonly isExclusive: boolean;
  readonly desired: DesiredState;
  /** Null for a global unit: it has one on every machine. */
  readonly current: DesiredState | null;
  readonly machine: MachineRef | null;
  readonly observed: readonly Observed[];
  readonly reasons: readonly Reason[];
  /** What is being waited for: `takeover from m2: lease bound in 3.2 s`. */
  readonly pending: string | null;
  /** Its record is gone, it is still being stopped. */
  readonly isDestroyed: boolean;
  readonly text?: string;
}
export interface UnitsAnswer {
  readonly revision: number;
  readonly units: readonly UnitView[];
}
export type SubmitOutcome = "created" | "replaced" | "unchanged" | "differs";
export interface SubmitAnswer {
  readonly revision: number;
  readonly units: readonly { readonly name: string; readonly outcome: SubmitOutcome }[];
}
export interface RevisionAnswer {
  readonly revision: number;
}
export type MachineStatus = "ready" | "connecting" | "draining" | "suspect" | "lost" | "removing";
export interface MachineView extends MachineRef {
  readonly port: number;
  readonly user: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: MachineStatus;
  readonly statusReason: string | null;
  readonly bootId: string | null;
  /** Of the pinned host key: `SHA256:...`. */
  readonly fingerprint: string;
  /** The member that runs on it. */
  readonly member: string | null;
  readonly isExclusiveCapable: boolean;
  /** How far the rate of its clock may be off, in parts per million. */
  readonly clockRatePpm: number;
}
export interface MachinesAnswer {
  readonly revision: number;
  readonly machines: readonly MachineView[];
}
export interface ProbeAnswer {
  readonly hostKey: string;
  readonly fingerprint: string;
  readonly machineId: string | null;
}
export interface EnrolAnswer extends RevisionAnswer {
  readonly id: string;
}
export interface StatusAnswer {
  readonly outputs: readonly {
    readonly machine: MachineRef;
    readonly exitCode: number;
    readonly stdout: string;
  }[];
}
export interface MemberView {
  readonly id: string;
  readonly address: string;
  readonly role: string;
  readonly isVoter: boolean;
}
export interface MembersAnswer {
  readonly members: readonly MemberView[];
}
export interface LeaseAnswer {
  readonly ttlMs: number;
  readonly graceMs: number;
}
