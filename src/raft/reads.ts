import type { FlotillaError } from "../error.ts";
import { type RawNode, roleOf } from "./engine.ts";
import { notLeader } from "./proposals.ts";

interface Caller {
  readonly resolve: (confirmed: { term: number; index: number }) => void;
  readonly reject: (error: FlotillaError) => void;
}

// More rounds than this in flight, and the next callers share one that starts when an earlier one has ended.
const maxRounds = 64;

/**
 * Confirmations of leadership. Whoever asks takes part in a round that starts after it asked, never in one that is
 * under way: what a quorum said before the question proves nothing about now.
 */
export interface Reads {
  ask(): Promise<{ term: number; index: number }>;
  /** Starts a round for everybody who waits. */
  flush(): void;
  /** A quorum has confirmed the round `context`: its callers wait for `index` to be applied. */
  confirmed(context: string, index: number): void;
  applied(index: number): void;
  /** After a change of members a quorum is another one: rounds under way might never end. */
  restart(): void;
  abandon(error: FlotillaError): void;
}

/** `nonce` makes this incarnation's rounds differ from those of every other one. */
export function createReads(node: RawNode, nonce: string): Reads {
  let waiting: Caller[] = [];
  let started = 0;
  const rounds = new Map<string, readonly Caller[]>();
  let confirmed: { readonly index: number; readonly callers: readonly Caller[] }[] = [];

  const everybody = () => [
    ...waiting,
    ...[...rounds.values()].flat(),
    ...confirmed.flatMap((r) => r.callers),
  ];
  const forget = () => {
    waiting = [];
    rounds.clear();
    confirmed = [];
  };
  return {
    ask: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    flush: () => {
      if (waiting.length === 0 || rounds.size >= maxRounds) return;
      const callers = waiting;
      waiting = [];
      if (roleOf(node) !== "leader") {
        for (const { reject } of callers) reject(notLeader(node.raft.lead));
        return;
      }
      // A context is used once: a late answer to an earlier round must not confirm this one.
      const context = `${nonce}.${++started}`;
      rounds.set(context, callers);
      node.readIndex(context);
    },
    confirmed: (context, index) => {
      const callers = rounds.get(context);
      rounds.delete(context);
      if (callers) confirmed.push({ index, callers });
    },
    applied: (index) => {
      const { term } = node.raft;
      const reached = confirmed.filter((round) => round.index <= index);
      if (reached.length === 0) return;
      confirmed = confirmed.filter((round) => round.index > index);
      for (const round of reached)
        for (const { resolve } of round.callers) resolve({ term, index: round.index });
    },
    restart: () => {
      waiting = [...[...rounds.values()].flat(), ...waiting];
      rounds.clear();
    },
    abandon: (error) => {
      const callers = everybody();
      forget();
      for (const { reject } of callers) reject(error);
    },
  };
}
