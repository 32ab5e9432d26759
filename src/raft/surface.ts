import { additionOf, type Presence, promotionOf, removalOf, successor, transferFailed } from "./changes.ts";
import type { Consensus } from "./consensus.ts";
import { Entry, roleOf } from "./engine.ts";
import type { Loop } from "./loop.ts";
import { notLeader } from "./proposals.ts";
import type { Core } from "./ready.ts";

/** The member as its owner sees it. */
export function consensusOf(
  core: Core,
  loop: Loop,
  presence: Presence,
  close: () => Promise<void>,
): Consensus {
  const { node, proposals, reads, roles, membership } = core;
  const { id } = node.raft;
  /** Queues something for the engine and starts a turn for it. */
  const queue = <T>(add: () => Promise<T>): Promise<T> => {
    if (core.stopped) return Promise.reject(core.stopped);
    const done = add();
    loop.wake();
    return done;
  };
  const change = async (make: () => Entry | undefined) => {
    // Wrapped, so that the change is awaited out here and not within the turn that has to carry it out.
    const { done } = await loop.ask(() => {
      if (roleOf(node) !== "leader") throw notLeader(node.raft.lead);
      const entry = make();
      return { done: entry && proposals.add(entry) };
    });
    await done;
  };
  const transferLeadership = async (to?: string) => {
    // Asked again, because the answer was lost with the leader that it came from.
    if (to === id && roleOf(node) === "leader") return;
    const next = await loop.ask(() => {
      const chosen = successor(core, presence, to);
      node.transferLeader(chosen);
      return chosen;
    });
    await untilLeader(core, presence, next);
  };
  return {
    id,
    status: () => ({
      ...roles.current(),
      commit: node.raft.raftLog.committed,
      applied: core.applied,
      voters: membership.confState().voters,
      learners: membership.confState().learners,
    }),
    members: () => membership.members(),
    propose: (data) => queue(() => proposals.add(new Entry({ data }))),
    confirmLeadership: () => queue(() => reads.ask()),
    onRole: (listener) => {
      roles.listen(listener);
    },
    addLearner: (learner, address) => change(() => additionOf(core, learner, address)),
    promote: (learner) => change(() => promotionOf(core, presence, learner)),
    remove: async (member) => {
      if (member !== id) return change(() => removalOf(core, presence, member));
      // A leader that removed itself would leave the others waiting for an election.
      await loop.ask(() => removalOf(core, presence, id));
      await transferLeadership();
      throw notLeader(roles.current().leader ?? "");
    },
    transferLeadership,
    close,
  };
}

/** Resolves when `next` leads; rejects when another does, or nobody within the time in which the engine gives up. */
function untilLeader({ roles, node }: Core, { clock, absentMs }: Presence, next: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = roles.listen(({ leader }) => {
      if (leader === undefined || leader === node.raft.id) return;
      end();
      if (leader === next) resolve();
      else reject(transferFailed(`${leader} became the leader`));
    });
    const cancel = clock.after(absentMs, () => {
      end();
      reject(transferFailed(`${next} did not take over in time`));
    });
    const end = () => {
      stop();
      cancel();
    };
  });
}
