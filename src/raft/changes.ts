import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { ConfChange, ConfChangeType, Entry, EntryType, ProgressStateType, roleOf } from "./engine.ts";
import { nameOf } from "./identity.ts";
import { notLeader } from "./proposals.ts";
import type { Core } from "./ready.ts";

/** What a change of members is decided on, beside the member's own parts. */
export interface Presence {
  readonly clock: Clock;
  /** When a message of a member arrived last, in milliseconds of `clock`. */
  readonly heardAt: Map<string, number>;
  /** Somebody not heard for longer counts as absent. */
  readonly absentMs: number;
}

// A learner that lacks no more entries than this has caught up.
const maxLag = 128;

/** The change that adds `id` as a learner or moves it to another address; undefined when there is nothing to do. */
export function additionOf({ membership }: Core, id: string, address: string): Entry | undefined {
  if (membership.isRemoved(id)) throw removedMember(id);
  const member = membership.members().find((each) => each.id === id);
  if (member?.address === address) return undefined;
  if (member) return change(ConfChangeType.ConfChangeUpdateNode, id, address);
  const namesake = membership.members().find((each) => nameOf(each.id) === nameOf(id));
  if (namesake) throw namesakeKnown(id, namesake.id);
  return change(ConfChangeType.ConfChangeAddLearnerNode, id, address);
}

/** The change that gives `id` its vote; undefined when it has one. */
export function promotionOf(core: Core, presence: Presence, id: string): Entry | undefined {
  const member = known(core, id);
  if (member.isVoter) return undefined;
  if (!hasCaughtUp(core, presence, id))
    throw new FlotillaError("learner-behind", `member ${id} has not caught up with the leader`, {
      hint: "wait until it is up and has received the state; it is promoted by itself then",
    });
  return change(ConfChangeType.ConfChangeAddNode, id, member.address);
}

/** The change that removes `id`; undefined when it is gone. Throws when the rest would have no quorum. */
export function removalOf(core: Core, presence: Presence, id: string): Entry | undefined {
  if (core.membership.isRemoved(id)) return undefined;
  const { isVoter } = known(core, id);
  const rest = core.membership.members().filter((member) => member.isVoter && member.id !== id);
  if (rest.length === 0) throw new FlotillaError("last-member", "the last voting member cannot be removed");
  const present = rest.filter((member) => isPresent(core, presence, member.id));
  if (isVoter && present.length <= rest.length / 2)
    throw new FlotillaError(
      "quorum-at-risk",
      `without ${id} the members that are up would have no majority`,
      {
        hint: "bring the absent members up or remove those first",
      },
    );
  return change(ConfChangeType.ConfChangeRemoveNode, id);
}

/** The promotions that are due: of every learner that is up and has caught up. */
export function duePromotion(core: Core, presence: Presence): Entry | undefined {
  const { node, membership, applied } = core;
  if (roleOf(node) !== "leader" || node.raft.pendingConfIndex > applied) return undefined;
  const ready = membership.members().find((m) => !m.isVoter && hasCaughtUp(core, presence, m.id));
  return ready && change(ConfChangeType.ConfChangeAddNode, ready.id, ready.address);
}

/** The voter that could lead next: the one given, or the one that is present and knows most. */
export function successor(core: Core, presence: Presence, to?: string): string {
  const { node, membership } = core;
  if (roleOf(node) !== "leader") throw notLeader(node.raft.lead);
  const matchOf = (id: string) => node.raft.prs.progress.get(id)?.match ?? 0;
  const candidates = membership
    .members()
    .filter(({ id, isVoter }) => isVoter && id !== node.raft.id && isPresent(core, presence, id))
    .filter(({ id }) => to === undefined || id === to)
    .sort((a, b) => matchOf(b.id) - matchOf(a.id));
  if (candidates[0]) return candidates[0].id;
  throw transferFailed(to === undefined ? "no other voting member is up" : `${to} is not up or has no vote`);
}

export function transferFailed(reason: string): FlotillaError {
  return new FlotillaError("transfer-failed", `leadership was not transferred: ${reason}`);
}

function hasCaughtUp(core: Core, presence: Presence, id: string): boolean {
  const { raft } = core.node;
  const progress = raft.prs.progress.get(id);
  if (!progress || progress.state !== ProgressStateType.StateReplicate) return false;
  return isPresent(core, presence, id) && raft.raftLog.lastIndex() - progress.match <= maxLag;
}

function isPresent({ node }: Core, { clock, heardAt, absentMs }: Presence, id: string): boolean {
  return id === node.raft.id || clock.now() - (heardAt.get(id) ?? Number.NEGATIVE_INFINITY) < absentMs;
}

function known({ membership }: Core, id: string) {
  const member = membership.members().find((each) => each.id === id);
  if (member) return member;
  if (membership.isRemoved(id)) throw removedMember(id);
  throw new FlotillaError("member-unknown", `no member ${id} is in this cluster`);
}

function change(type: ConfChangeType, nodeId: string, address?: string): Entry {
  const context = address === undefined ? null : { address };
  return new Entry({ type: EntryType.EntryConfChange, data: new ConfChange({ type, nodeId, context }) });
}

function removedMember(id: string): FlotillaError {
  return new FlotillaError("member-removed", `member ${id} was removed, and an id is never used again`, {
    hint: "give it an empty data directory, from which it gets another id",
  });
}

function namesakeKnown(id: string, other: string): FlotillaError {
  return new FlotillaError("member-name-taken", `${id} has the name of ${other}, which is in the cluster`, {
    hint: `if its data directory is lost, remove ${other} first: its vote is gone for good`,
  });
}
