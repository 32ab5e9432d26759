import { FlotillaError } from "../../src/error.ts";
import { silentLog } from "../../src/log.ts";
import type { Consensus } from "../../src/raft/consensus.ts";
import { foundMember } from "../../src/raft/found.ts";
import { openMember } from "../../src/raft/member.ts";
import { createLife, type Life, type VirtualClock } from "./clock.ts";
import { createSimulatedDisk, type SimulatedDisk } from "./disk.ts";
import type { Judge, Register } from "./judge.ts";
import type { SimulatedNetwork } from "./network.ts";

/** Bugs that are planted on purpose, to see that they are found. */
export const mutants = ["no-fsync", "local-reads", "disk-lost", "no-deduplication"] as const;
export type Mutant = (typeof mutants)[number];

export interface World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly network: SimulatedNetwork;
  readonly judge: Judge;
  readonly mutant: Mutant | undefined;
  readonly trace: (text: string) => void;
}

/** One process with its disk; it is started again after each crash. */
export interface Process {
  readonly id: string;
  disk: SimulatedDisk;
  life: Life | undefined;
  register: Register | undefined;
  consensus: Consensus | undefined;
  isRemoved: boolean;
}

export function createProcess(id: string, { random, mutant }: World): Process {
  const disk = createSimulatedDisk(random, { isLying: mutant === "no-fsync" });
  return { id, disk, life: undefined, register: undefined, consensus: undefined, isRemoved: false };
}

export async function found(process: Process, ids: readonly string[], world: World): Promise<void> {
  const state = world.judge.register(process.id).snapshot();
  const members = ids.map((id) => ({ id, address: id }));
  await foundMember(process.disk.mount(createLife(world.clock)), { members, state });
}

export async function start(process: Process, world: World): Promise<void> {
  const { clock, random, judge, trace, network } = world;
  if (process.life || process.isRemoved) return;
  const life = createLife(clock);
  const register = judge.register(process.id);
  Object.assign(process, { life, register });
  trace(`${process.id} starts`);
  const fail = (what: string, error: unknown) => {
    const cause = error instanceof FlotillaError && error.cause instanceof Error ? error.cause.stack : "";
    judge.violations.push(`${process.id} ${what}: ${error} ${cause}`);
  };
  try {
    const consensus = await openMember({
      id: process.id,
      disk: process.disk.mount(life),
      transport: network.attach(process.id, life),
      stateMachine: register,
      clock: life.clock,
      random,
      log: silentLog,
      compactBytes: 4096,
      onFatal: (error) => fail("failed", error),
      onRemoved: () => {
        trace(`${process.id} learns that it was removed`);
        Object.assign(process, { isRemoved: true, consensus: undefined });
      },
    });
    if (process.life !== life) return;
    process.consensus = consensus;
    consensus.onRole((change) => {
      trace(`${process.id} ${change.role} of term ${change.term}, leader ${change.leader}`);
      judge.elected(process.id, change);
    });
  } catch (error) {
    fail("did not start", error);
  }
}

export function crash(process: Process, world: World): void {
  if (!process.life) return;
  world.trace(`${process.id} crashes`);
  process.life.end();
  process.disk.crash();
  if (world.mutant === "disk-lost" && world.random() < 0.3)
    process.disk = createProcess(process.id, world).disk;
  Object.assign(process, { life: undefined, register: undefined, consensus: undefined });
}
