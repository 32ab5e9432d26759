import type { Clock } from "../clock.ts";
import type { Command, Envelope } from "../cluster/command.ts";
import type { Answer } from "../cluster/state.ts";
import type { Consensus } from "../raft/consensus.ts";

/** Proposes commands of one term; every one of them is void in any other. */
export type Propose = (command: Command, key?: string) => Promise<Answer>;

export function createPropose(consensus: Consensus, clock: Clock, epoch: number): Propose {
  return async (command, key) => {
    const envelope: Envelope = { epoch, at: clock.wall(), command, ...(key === undefined ? {} : { key }) };
    const { result } = await consensus.propose(JSON.stringify(envelope));
    return result as Answer;
  };
}
