import type { FlotillaError } from "../error.ts";
import type { StateMachine } from "./consensus.ts";
import {
  type Entry,
  EntryType,
  type Message,
  MessageType,
  type RawNode,
  type Ready,
  type Snapshot,
} from "./engine.ts";
import type { LogFile } from "./log-file.ts";
import { changeOf, type Membership } from "./membership.ts";
import { leadershipLost, notLeader, type Proposals } from "./proposals.ts";
import type { Reads } from "./reads.ts";
import type { Roles } from "./roles.ts";
import type { MemberStorage } from "./storage.ts";
import type { Transport } from "./transport.ts";

/** The parts of one member. */
export interface Core {
  readonly node: RawNode;
  readonly log: LogFile;
  readonly storage: MemberStorage;
  readonly membership: Membership;
  readonly stateMachine: StateMachine;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly roles: Roles;
  readonly transport: Transport;
  /** The log is compacted when as many bytes were appended, or twice the snapshot if that is more. */
  readonly compactBytes: number;
  /** Index of the last entry in the state machine. */
  applied: number;
  /** Why the member stopped, once it has: nothing may leave it any more. */
  stopped: FlotillaError | undefined;
}

/**
 * Does what the engine asks for, in the one order that is safe: save, then send, then apply, then answer. What a
 * failed write leaves behind is unknown, so every error ends the member.
 */
export async function handleReady(core: Core, ready: Ready): Promise<void> {
  const late = sendEarly(core, ready);
  if (!(await save(core, ready))) return;
  for (const message of late) core.transport.send(message);
  if (!ready.snapshot.isEmptySnap()) install(core, ready.snapshot);
  for (const entry of ready.committedEntries) apply(core, entry);
  noteRole(core);
  for (const { requestCtx, index } of ready.readStates) core.reads.confirmed(requestCtx, index);
  core.reads.applied(core.applied);
  core.node.advance(ready);
  await compactWhenDue(core);
}

/**
 * A leader's appends may travel while its own disk still writes, which saves one disk's latency; the followers' answers
 * are only looked at after it. Not with a single voter, where what is appended is committed at once.
 */
function sendEarly({ node, transport }: Core, ready: Ready): Message[] {
  const { raft, prevHardSt } = node;
  const isSameTerm = raft.term === prevHardSt.term && raft.vote === prevHardSt.vote;
  if (node.raft.lead !== raft.id || !isSameTerm || raft.prs.isSingleton()) return ready.messages;
  const isEarly = ({ type }: Message) => type === MessageType.MsgApp || type === MessageType.MsgHeartbeat;
  for (const message of ready.messages.filter(isEarly)) transport.send(message);
  return ready.messages.filter((message) => !isEarly(message));
}

/** One record for all of it; false when the member was stopped meanwhile. */
async function save(core: Core, ready: Ready): Promise<boolean> {
  const snapshot = ready.snapshot.isEmptySnap() ? undefined : ready.snapshot;
  const hardState = ready.hardState.isEmptyHardState() ? undefined : ready.hardState;
  const { entries } = ready;
  if (snapshot || hardState || entries.length > 0) core.log.append({ snapshot, entries, hardState });
  if (ready.mustSync || snapshot) await core.log.sync();
  if (snapshot) core.storage.install(snapshot);
  core.storage.append(entries);
  return core.stopped === undefined;
}

function install(core: Core, snapshot: Snapshot): void {
  core.stateMachine.restore(core.membership.restore(snapshot));
  core.applied = snapshot.metadata.index;
  core.transport.setPeers(core.membership.addresses());
}

function apply(core: Core, entry: Entry): void {
  const { index, term, data } = entry;
  let result: unknown;
  if (entry.type === EntryType.EntryConfChange) changeMembers(core, entry);
  // A new leader begins with an empty entry.
  else if (typeof data === "string") result = core.stateMachine.apply({ index, term, data });
  core.applied = index;
  core.proposals.settle(entry, result);
}

function changeMembers({ node, membership, reads, transport }: Core, entry: Entry): void {
  const change = changeOf(entry);
  const confState = node.applyConfChange(change);
  membership.changed(change, confState);
  transport.setPeers(membership.addresses());
  reads.restart();
  // The engine lets a removed leader go on, and it would answer reads that are stale.
  const isVoter = confState.voters.includes(node.raft.id);
  if (!isVoter && node.raft.lead === node.raft.id) node.raft.becomeFollower(node.raft.term, "");
}

function noteRole({ node, roles, proposals, reads }: Core): void {
  const before = roles.current();
  if (!roles.note() || before.role !== "leader") return;
  const after = roles.current();
  if (after.role === "leader" && after.term === before.term) return;
  proposals.abandon(leadershipLost());
  reads.abandon(notLeader(node.raft.lead));
}

async function compactWhenDue(core: Core): Promise<void> {
  const { base, added } = core.log.size();
  if (added < Math.max(core.compactBytes, 2 * base)) return;
  const hardState = core.node.raft.hardState();
  await core.log.rewrite({
    snapshot: currentSnapshot(core),
    entries: core.storage.entriesAfter(core.applied),
    hardState,
  });
  core.storage.compact(core.applied, core.compactBytes / 4);
}

/** The applied state with the members of the same moment; also while entries are being applied. */
export function currentSnapshot(
  core: Pick<Core, "applied" | "storage" | "membership" | "stateMachine">,
): Snapshot {
  const { applied, storage, membership, stateMachine } = core;
  return membership.snapshot(applied, storage.termOf(applied), stateMachine.snapshot());
}
