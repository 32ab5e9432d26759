import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import type { Log } from "../log.ts";
import type { Presence } from "./changes.ts";
import type { Consensus, StateMachine } from "./consensus.ts";
import type { Disk } from "./disk.ts";
import { createEngine, defaultTiming, SnapshotStatus, type Timing } from "./engine.ts";
import { openLogFile } from "./log-file.ts";
import { type Loop, startLoop } from "./loop.ts";
import { createMembership } from "./membership.ts";
import { createProposals } from "./proposals.ts";
import { createReads } from "./reads.ts";
import { type Core, currentSnapshot } from "./ready.ts";
import { createRoles } from "./roles.ts";
import { createStorage } from "./storage.ts";
import { consensusOf } from "./surface.ts";
import type { Transport } from "./transport.ts";

export interface MemberOptions {
  readonly id: string;
  readonly disk: Disk;
  readonly transport: Transport;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  /** 0 <= x < 1, for election timeouts. */
  readonly random: () => number;
  readonly log: Log;
  /** The member has stopped for good after a failed write or an impossible state: the process must exit. */
  readonly onFatal: (error: FlotillaError) => void;
  /** This member was removed from the cluster, and has stopped. */
  readonly onRemoved: () => void;
  /** Whether learners get their vote by themselves once they have caught up; yes by default. */
  readonly isPromoting?: boolean;
  readonly timing?: Timing;
  /** The log is compacted after as many bytes. */
  readonly compactBytes?: number;
}

const defaultCompactBytes = 8 << 20;

/** Opens a member on its data directory and starts it. Throws "log-corrupt" when its log is damaged. */
export async function openMember(options: MemberOptions): Promise<Consensus> {
  const { id, clock, log, timing = defaultTiming, transport, onFatal } = options;
  const core = await openCore(options, timing);
  const presence: Presence = {
    clock,
    heardAt: new Map(),
    absentMs: 2 * timing.electionTicks * timing.tickMs,
  };
  const close = async (error: FlotillaError) => {
    await loop.stop(error);
    await Promise.all([core.log.close(), transport.close()]);
  };
  const leave = () => {
    if (core.stopped) return;
    const removed = new FlotillaError("member-removed", `member ${id} was removed from the cluster`);
    close(removed).then(options.onRemoved, onFatal);
  };
  const loop = startLoop(core, presence, {
    clock,
    log,
    tickMs: timing.tickMs,
    isPromoting: options.isPromoting ?? true,
    onFatal,
    onLeft: leave,
  });
  await listen(core, loop, presence, leave);
  return consensusOf(core, loop, presence, () =>
    close(new FlotillaError("member-closed", "the member is closed")),
  );
}

async function openCore(options: MemberOptions, timing: Timing): Promise<Core> {
  const { id, disk, stateMachine, random, transport, compactBytes = defaultCompactBytes } = options;
  const { log, saved, tornBytes } = await openLogFile(disk);
  if (tornBytes > 0)
    options.log("notice", `cut off ${tornBytes} bytes that a crash left at the end of the log`);
  const membership = createMembership();
  if (saved.snapshot) stateMachine.restore(membership.restore(saved.snapshot));
  const storage = createStorage(saved, () => currentSnapshot(core));
  const node = createEngine({ id, storage, timing, random, log: options.log });
  const core: Core = {
    node,
    log,
    storage,
    membership,
    stateMachine,
    transport,
    proposals: createProposals(node),
    reads: createReads(node, random().toString(36).slice(2)),
    roles: createRoles(node),
    compactBytes,
    applied: saved.snapshot?.metadata.index ?? 0,
    stopped: undefined,
  };
  return core;
}

async function listen(core: Core, loop: Loop, presence: Presence, leave: () => void): Promise<void> {
  const { node, membership, transport } = core;
  const report = (task: () => void) => {
    if (!core.stopped) void loop.ask(task);
  };
  await transport.open({
    receive: (message) => {
      if (membership.isRemoved(message.from)) return false;
      presence.heardAt.set(message.from, presence.clock.now());
      loop.receive(message);
      return true;
    },
    unreachable: (id) => report(() => node.reportUnreachable(id)),
    snapshotSent: (id, isSent) => {
      const { SnapshotFinish, SnapshotFailure } = SnapshotStatus;
      report(() => node.reportSnapshot(id, isSent ? SnapshotFinish : SnapshotFailure));
    },
    removed: leave,
  });
  transport.setPeers(membership.addresses());
  // Nobody else could be the leader: no need to wait for an election timeout.
  report(() => {
    if (node.raft.prs.isSingleton() && node.raft.promotable()) node.campaign();
  });
}
