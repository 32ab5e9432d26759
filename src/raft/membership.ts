import { z } from "zod";
import type { ClusterMember } from "./consensus.ts";
import { ConfChange, ConfChangeType, ConfState, type Entry, type Snapshot } from "./engine.ts";
import { snapshotAt } from "./snapshot.ts";

const maxRemembered = 256;

const changeSchema = z.object({
  type: z.enum(ConfChangeType),
  nodeId: z.string(),
  context: z.object({ address: z.string() }).nullable(),
});
const snapshotData = z.object({
  members: z.record(z.string(), z.string()),
  removed: z.array(z.string()),
  state: z.string(),
});

/** Who takes part, as of the last applied entry. */
export interface Membership {
  members(): readonly ClusterMember[];
  addresses(): ReadonlyMap<string, string>;
  isRemoved(id: string): boolean;
  confState(): ConfState;
  /** Takes a change that the engine has applied. */
  changed(change: ConfChange, confState: ConfState): void;
  /** A snapshot at `index` that carries the members beside the `state` of the state machine. */
  snapshot(index: number, term: number, state: string): Snapshot;
  /** Takes the members from a snapshot; returns the state beside them. */
  restore(snapshot: Snapshot): string;
}

export function createMembership(): Membership {
  let addresses = new Map<string, string>();
  // Ids are never used again, so that who comes back from the dead can be told that it is.
  let removed: string[] = [];
  let confState = new ConfState();
  return {
    members: () =>
      [...addresses].map(([id, address]) => ({ id, address, isVoter: confState.voters.includes(id) })),
    addresses: () => addresses,
    isRemoved: (id) => removed.includes(id),
    confState: () => confState,
    changed: ({ type, nodeId, context }, after) => {
      confState = after;
      if (type === ConfChangeType.ConfChangeRemoveNode) {
        addresses.delete(nodeId);
        removed = [...removed.filter((id) => id !== nodeId), nodeId].slice(-maxRemembered);
      } else addresses.set(nodeId, context.address);
    },
    snapshot: (index, term, state) => {
      const members = Object.fromEntries(addresses);
      return snapshotAt(index, term, new ConfState(confState), { members, removed, state });
    },
    restore: (snapshot) => {
      const data = snapshotData.parse(snapshot.data);
      addresses = new Map(Object.entries(data.members));
      removed = data.removed;
      confState = snapshot.metadata.confState;
      return data.state;
    },
  };
}

/** The change of members that a committed entry carries. */
export function changeOf(entry: Entry): ConfChange {
  return new ConfChange(changeSchema.parse(entry.data));
}

/** The snapshot with which the first members begin: the same bytes on each of them. */
export function firstSnapshot(members: readonly { id: string; address: string }[], state: string): Snapshot {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const membership = createMembership();
  const confState = new ConfState({ voters: sorted.map(({ id }) => id) });
  for (const { id, address } of sorted) {
    const change = new ConfChange({
      type: ConfChangeType.ConfChangeAddNode,
      nodeId: id,
      context: { address },
    });
    membership.changed(change, confState);
  }
  return membership.snapshot(1, 1, state);
}
