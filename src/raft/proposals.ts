import { FlotillaError } from "../error.ts";
import type { Applied } from "./consensus.ts";
import { type Entry, EntryType, Message, MessageType, type RawNode, roleOf } from "./engine.ts";

const maxEntryBytes = 1 << 20;
const maxWaitingBytes = 16 << 20;
const entryOverheadBytes = 64;

interface Proposal {
  readonly entry: Entry;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: FlotillaError) => void;
}

/** What was proposed here and is not applied yet. An entry is known by its index and term: no other ever has both. */
export interface Proposals {
  add(entry: Entry): Promise<Applied>;
  /** Hands what waits to the engine, as one message. */
  flush(): void;
  /** An entry was applied, with this result. */
  settle(entry: Entry, result: unknown): void;
  /** Rejects everything that the engine has: nobody knows what becomes of it. */
  abandon(error: FlotillaError): void;
  /** Rejects that and everything that waits. */
  close(error: FlotillaError): void;
}

export function createProposals(node: RawNode): Proposals {
  let waiting: Proposal[] = [];
  let waitingBytes = 0;
  const pending = new Map<number, Proposal & { readonly term: number }>();

  const begin = (proposals: readonly Proposal[]) => {
    const { id, term } = node.raft;
    const entries = proposals.map(({ entry }) => entry);
    const message = new Message({ type: MessageType.MsgProp, from: id, entries });
    if (node.raft.Step(message) !== null) {
      for (const { reject } of proposals)
        reject(refused("too much is waiting, or leadership is being transferred"));
      return;
    }
    proposals.forEach((proposal, position) => {
      const taken = message.entries[position] ?? proposal.entry;
      // The engine puts an empty entry in the place of a change of members that it refuses.
      if (taken.type !== proposal.entry.type)
        proposal.reject(refused("another change of members is not done yet"));
      else pending.set(taken.index, { ...proposal, term });
    });
  };

  const abandon = (error: FlotillaError) => {
    const abandoned = [...pending.values()];
    pending.clear();
    for (const { reject } of abandoned) reject(error);
  };

  return {
    add: (entry) => {
      const bytes = entryOverheadBytes + (entry.type === EntryType.EntryNormal ? entry.data.length : 0);
      if (bytes > maxEntryBytes) return Promise.reject(tooLarge(bytes));
      if (waitingBytes + bytes > maxWaitingBytes) return Promise.reject(refused("too much is waiting"));
      waitingBytes += bytes;
      return new Promise((resolve, reject) => waiting.push({ entry, resolve, reject }));
    },
    flush: () => {
      if (waiting.length === 0) return;
      const proposals = waiting;
      waiting = [];
      waitingBytes = 0;
      if (roleOf(node) === "leader") begin(proposals);
      else for (const { reject } of proposals) reject(notLeader(node.raft.lead));
    },
    settle: ({ index, term }, result) => {
      const proposal = pending.get(index);
      if (!proposal) return;
      pending.delete(index);
      if (proposal.term === term) proposal.resolve({ index, term, result });
      else proposal.reject(leadershipLost());
    },
    abandon,
    close: (error) => {
      abandon(error);
      for (const { reject } of waiting) reject(error);
      waiting = [];
    },
  };
}

export function notLeader(leader: string): FlotillaError {
  const where = leader === "" ? "no leader is known now: try again in a second" : `the leader is ${leader}`;
  return new FlotillaError("not-leader", "this member is not the leader", { hint: where });
}

export function leadershipLost(): FlotillaError {
  return new FlotillaError("leadership-lost", "leadership changed before the command was applied", {
    hint: "it may have been applied or not: read the state, or repeat it with the same idempotency key",
  });
}

function refused(reason: string): FlotillaError {
  return new FlotillaError("proposal-refused", `not proposed: ${reason}`, { hint: "try again in a moment" });
}

function tooLarge(bytes: number): FlotillaError {
  return new FlotillaError("proposal-too-large", `a command of ${bytes} bytes exceeds ${maxEntryBytes}`, {
    hint: "ask for fewer units at once",
  });
}
