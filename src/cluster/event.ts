import type { ClusterState } from "./state.ts";

/** How many events the state keeps. */
export const EVENTS_MAX = 1000;

/** One line of the cluster's history. */
export interface ClusterEvent {
  /** Index of the Raft entry that brought it. */
  readonly index: number;
  /** Milliseconds since the epoch on the proposer's clock, for people. */
  readonly at: number;
  readonly kind: string;
  readonly machine?: string;
  readonly unit?: string;
  readonly message: string;
}

export function record(state: ClusterState, event: ClusterEvent): void {
  state.events.push(event);
  if (state.events.length > EVENTS_MAX) state.events.splice(0, state.events.length - EVENTS_MAX);
}
