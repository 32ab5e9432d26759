import type { LeaseParameters } from "../lease/bound.ts";
import type { ClusterEvent } from "./event.ts";

/** fleet's three desired states: known · its file on a machine · running there. */
export type Desired = "inactive" | "loaded" | "launched";

export interface UnitRecord {
  readonly name: string;
  readonly text: string;
  /** SHA1 as fleet computes it. */
  readonly hash: string;
  readonly desired: Desired;
  /** New whenever it is to be started (again); counts for global units, which have no placement. */
  readonly generation: number;
}

/**
 * `draining`: it is shutting down, its units are stopped and moved · `suspect`: nobody renews it · `lost`: its lease
 * is over for certain.
 */
export type MachineStatus = "enrolled" | "up" | "draining" | "suspect" | "lost";

/** A machine as it is enrolled: how it is reached, and what was found out about it. */
export interface Enrolment {
  /** machine-id(5). */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The pinned key as `known_hosts` writes it: `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether its guards can stop exclusive units: bash, flock, cgroup.kill. */
  readonly isExclusiveCapable: boolean;
  /** How far its clock's rate may be off, in parts per million: decides how long a takeover waits. */
  readonly clockRatePpm: number;
}

export interface MachineRecord extends Enrolment {
  readonly status: MachineStatus;
  readonly statusReason: string | null;
  /** The boot that a leader last registered in; null before the first time. */
  readonly bootId: string | null;
  readonly isRemoving: boolean;
  /** The cluster that it may be taken from, by an operator's word (lease.md, rule 9). */
  readonly adoptedFrom: string | null;
  /** The largest parameters that may still be in force there (lease.md, rule 17). */
  readonly leaseInForce: LeaseParameters;
}

/** A unit on a machine. It outlives the unit's record: until a proof releases it, the unit may be running there. */
export interface Placement {
  readonly unit: string;
  readonly machine: string;
  readonly bootId: string;
  /** New for every start: what a machine reports of an older one is history. */
  readonly generation: number;
  /** Started under the machine's lease, so that the lease's end is a proof. */
  readonly exclusive: boolean;
  /** What else it holds while it is placed: devices that no other unit may mount. */
  readonly resources: readonly string[];
  /** Milliseconds since the epoch, for people. */
  readonly since: number;
}

/** What the members agree on. Changed by `apply` alone; everything observed is the leader's and not in here. */
export interface ClusterState {
  /** Random, fixed when the cluster is founded; empty before. */
  cluster: string;
  lease: LeaseParameters;
  generation: number;
  readonly units: Map<string, UnitRecord>;
  readonly machines: Map<string, MachineRecord>;
  readonly placements: Map<string, Placement>;
  /**
   * Units that may still run on a machine without a lease, by machine: given up there unproven, because they were not
   * exclusive then. It matters when one becomes exclusive (lease.md, rule 15).
   */
  readonly loose: Map<string, readonly string[]>;
  /** The newest last, bounded. */
  readonly events: ClusterEvent[];
  /** Answers by idempotency key, the newest last, bounded: a retried command gets its first answer. */
  readonly answers: Map<string, Answer>;
}

/** What a command came to: the same on every member. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

export const emptyState = (lease: LeaseParameters): ClusterState => ({
  cluster: "",
  lease,
  generation: 0,
  units: new Map(),
  machines: new Map(),
  placements: new Map(),
  loose: new Map(),
  events: [],
  answers: new Map(),
});
