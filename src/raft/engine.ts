import "./engine-alone.ts";
import { format } from "node:util";
import { type Logger, setLogger } from "@coaty/consensus.raft/ported/logger.js";
import { type Ready, SnapshotStatus } from "@coaty/consensus.raft/ported/node.js";
import { RaftConfig, ReadOnlyOption, StateType } from "@coaty/consensus.raft/ported/raft.js";
import {
  ConfChange,
  ConfChangeType,
  ConfState,
  Entry,
  EntryType,
  HardState,
  Message,
  MessageType,
  Snapshot,
} from "@coaty/consensus.raft/ported/raftpb/raft.pb.js";
import { RawNode } from "@coaty/consensus.raft/ported/rawnode.js";
import { ErrCompacted, ErrUnavailable, type Storage } from "@coaty/consensus.raft/ported/storage.js";
import { ProgressStateType } from "@coaty/consensus.raft/ported/tracker/state.js";
import { FlotillaError } from "../error.ts";
import { type Log, silentLog } from "../log.ts";
import type { Role } from "./consensus.ts";

export type { RawNode, Ready, Storage };
export {
  ConfChange,
  ConfChangeType,
  ConfState,
  Entry,
  EntryType,
  ErrCompacted,
  ErrUnavailable,
  HardState,
  Message,
  MessageType,
  ProgressStateType,
  Snapshot,
  SnapshotStatus,
};

/** How long a member waits for its leader, in ticks. */
export interface Timing {
  readonly tickMs: number;
  /** An election starts after one to two times as many ticks of silence. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
}
export const defaultTiming: Timing = { tickMs: 50, electionTicks: 10, heartbeatTicks: 2 };

const maxMessageBytes = 1 << 20;
const maxUncommittedBytes = 16 << 20;
const maxMessagesInFlight = 256;

/** The engine's default logger ends the process in fatalf; here whoever drives the engine decides what follows. */
function engineLogger(log: Log): Logger {
  const fail = (text: string, ...values: unknown[]): never => {
    throw new FlotillaError("raft-engine", format(text, ...values));
  };
  return {
    debugf: () => {},
    infof: (text, ...values) => log("debug", format(text, ...values)),
    warningf: (text, ...values) => log("info", format(text, ...values)),
    errorf: (text, ...values) => log("error", format(text, ...values)),
    fatalf: fail,
    panicf: fail,
  };
}
// The engine's log falls back on the global one.
setLogger(engineLogger(silentLog));

export interface EngineOptions {
  readonly id: string;
  readonly storage: Storage;
  readonly timing: Timing;
  readonly random: () => number;
  readonly log: Log;
}

/** The pure Raft machine with the profile that passed 10,000 simulated seeds: pre-vote, check-quorum, safe reads. */
export function createEngine({ id, storage, timing, random, log }: EngineOptions): RawNode {
  const config = new RaftConfig();
  config.id = id;
  config.storage = storage;
  config.electionTick = timing.electionTicks;
  config.heartbeatTick = timing.heartbeatTicks;
  config.maxSizePerMsg = maxMessageBytes;
  config.maxUncommittedEntriesSize = maxUncommittedBytes;
  config.maxInflightMsgs = maxMessagesInFlight;
  config.preVote = true;
  config.checkQuorum = true;
  config.readOnlyOption = ReadOnlyOption.ReadOnlySafe;
  config.disableProposalForwarding = true;
  config.logger = engineLogger(log);
  const node = RawNode.NewRawNode(config);
  // The engine rolls its own dice; under the simulator they must come from the seed.
  node.raft.resetRandomizedElectionTimeout = () => {
    node.raft.randomizedElectionTimeout = timing.electionTicks + Math.floor(random() * timing.electionTicks);
  };
  node.raft.resetRandomizedElectionTimeout();
  return node;
}

export function roleOf(node: RawNode): Role {
  switch (node.raft.state) {
    case StateType.StateLeader:
      return "leader";
    case StateType.StateFollower:
      return "follower";
    default:
      return "candidate";
  }
}
