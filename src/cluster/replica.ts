import type { Clock } from "../clock.ts";
import { defaultLease } from "../lease/bound.ts";
import { apply } from "./apply.ts";
import type { Changes } from "./applying.ts";
import type { Envelope } from "./command.ts";
import { loadState, saveState } from "./snapshot.ts";
import { type Answer, type ClusterState, emptyState } from "./state.ts";

/** This member's copy of the cluster state, fed by the log. */
export interface Replica {
  readonly state: ClusterState;
  /** When this member applied the suspicion of a machine, on its own clock: the bound may count from there. */
  suspectedSinceMs(machine: string): number | undefined;
  /** Called after each entry; `all` stands for a whole new state, after a snapshot. */
  onChange(listener: (changes: Changes | "all") => void): () => void;
  apply(entry: { readonly index: number; readonly term: number; readonly data: string }): Answer;
  snapshot(): string;
  restore(snapshot: string): void;
}

export function createReplica(clock: Clock): Replica {
  const state = emptyState(defaultLease);
  const suspectedSince = new Map<string, number>();
  const listeners = new Set<(changes: Changes | "all") => void>();
  const noteSuspicions = (machines: Iterable<string>): void => {
    for (const id of machines) {
      const status = state.machines.get(id)?.status;
      if (status !== "suspect" && status !== "lost") suspectedSince.delete(id);
      else if (!suspectedSince.has(id)) suspectedSince.set(id, clock.now());
    }
  };
  return {
    state,
    suspectedSinceMs: (machine) => suspectedSince.get(machine),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    apply: (entry) => {
      const { answer, changes } = apply(state, entry, JSON.parse(entry.data) as Envelope);
      noteSuspicions(changes.machines);
      for (const listener of listeners) listener(changes);
      return answer;
    },
    snapshot: () => saveState(state),
    restore: (snapshot) => {
      Object.assign(state, loadState(snapshot));
      // Between the state before and this one a machine may have been up and renewed: a suspicion counts from now.
      suspectedSince.clear();
      noteSuspicions(state.machines.keys());
      for (const listener of listeners) listener("all");
    },
  };
}
