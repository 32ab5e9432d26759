/** What the cluster state must be, so that every member reaches the same one. */
export interface StateMachine {
  /** Applies a committed command. Must be deterministic and must not throw: a refusal is a result. */
  apply(entry: { readonly index: number; readonly term: number; readonly data: string }): unknown;
  /** The whole state as text, from which `restore` makes the same state again. */
  snapshot(): string;
  restore(snapshot: string): void;
}

export type Role = "leader" | "follower" | "candidate";

export interface RoleChange {
  readonly role: Role;
  readonly term: number;
  /** The Raft id of the leader, when one is known. */
  readonly leader: string | undefined;
}

export interface ConsensusStatus extends RoleChange {
  readonly commit: number;
  readonly applied: number;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

export interface ClusterMember {
  readonly id: string;
  /** `host:port` at which the other members reach it. */
  readonly address: string;
  readonly isVoter: boolean;
}

export interface Applied {
  readonly index: number;
  readonly term: number;
  /** What the state machine's `apply` returned. */
  readonly result: unknown;
}

/** Agreement on one sequence of commands: the small interface that an external store could implement too. */
export interface Consensus {
  readonly id: string;
  status(): ConsensusStatus;
  members(): readonly ClusterMember[];
  /**
   * Resolves once the command is applied here. Rejects with "not-leader", "proposal-refused" or "proposal-too-large"
   * (it will never be applied), or with "leadership-lost" or "member-closed" (nobody knows: ask the state).
   */
  propose(data: string): Promise<Applied>;
  /**
   * Resolves when a quorum confirmed this leader after the call, and everything committed until then is applied here.
   * Rejects with "not-leader" otherwise.
   */
  confirmLeadership(): Promise<{ readonly term: number; readonly index: number }>;
  /** Calls `listener` at every change of role, term or leader. */
  onRole(listener: (change: RoleChange) => void): void;
  /** Adds a member that has no vote yet, or gives a member another address. On the leader only. */
  addLearner(id: string, address: string): Promise<void>;
  /** Gives a learner that has caught up its vote. On the leader only; "learner-behind" when it has not. */
  promote(id: string): Promise<void>;
  /** Removes a member for good: its id is never used again. A leader hands over first and rejects with "not-leader". */
  remove(id: string): Promise<void>;
  /** Makes `to`, or without it the member that is best informed, the leader. Rejects with "transfer-failed". */
  transferLeadership(to?: string): Promise<void>;
  close(): Promise<void>;
}
