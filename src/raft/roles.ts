import type { RoleChange } from "./consensus.ts";
import { type RawNode, roleOf } from "./engine.ts";

/** The role as the outside knows it: announced only once the term behind it is durable. */
export interface Roles {
  current(): RoleChange;
  /** Compares with the engine; true when something changed, and the listeners were told. */
  note(): boolean;
  /** The returned function ends it. */
  listen(listener: (change: RoleChange) => void): () => void;
}

export function createRoles(node: RawNode): Roles {
  const listeners = new Set<(change: RoleChange) => void>();
  let current: RoleChange = { role: "follower", term: node.raft.term, leader: undefined };
  return {
    current: () => current,
    note: () => {
      const next: RoleChange = {
        role: roleOf(node),
        term: node.raft.term,
        leader: node.raft.lead === "" ? undefined : node.raft.lead,
      };
      if (next.role === current.role && next.term === current.term && next.leader === current.leader)
        return false;
      current = next;
      for (const listener of [...listeners]) listener(next);
      return true;
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
