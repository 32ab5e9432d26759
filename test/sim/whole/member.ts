import type { Envelope } from "../../../src/cluster/command.ts";
import { createReplica, type Replica } from "../../../src/cluster/replica.ts";
import { saveState } from "../../../src/cluster/snapshot.ts";
import { emptyState } from "../../../src/cluster/state.ts";
import { followLeadership, type Leadership } from "../../../src/daemon/leadership.ts";
import { FlotillaError } from "../../../src/error.ts";
import { defaultLease } from "../../../src/lease/bound.ts";
import type { Consensus } from "../../../src/raft/consensus.ts";
import { foundMember } from "../../../src/raft/found.ts";
import { openMember } from "../../../src/raft/member.ts";
import { createLife, type Life, rated } from "../clock.ts";
import { createSimulatedDisk, type SimulatedDisk } from "../disk.ts";
import type { SimulatedConnection } from "../machine/connection.ts";
import { connectSimulated } from "../machine/link.ts";
import type { SimulatedMachine } from "../machine/machine.ts";
import type { World } from "./world.ts";

export const clusterId = "simulated";

/** What runs of one member between two crashes. */
interface Running {
  readonly life: Life;
  readonly connections: Set<SimulatedConnection>;
  readonly replica: Replica;
  consensus?: Consensus;
  leadership?: Leadership;
}

export interface SimulatedMember {
  readonly id: string;
  readonly disk: SimulatedDisk;
  readonly clockRatePpm: number;
  readonly rate: number;
  running: Running | undefined;
}

export function createSimulatedMember(id: string, clockRatePpm: number, world: World): SimulatedMember {
  const { random, mutant } = world;
  const disk = createSimulatedDisk(random, { isLying: mutant === "no-fsync" });
  const rate = 1 + ([-1, 1, 1, 2 * random() - 1][Math.floor(random() * 4)]! * clockRatePpm) / 1e6;
  return { id, disk, clockRatePpm, rate, running: undefined };
}

export async function foundCluster(members: readonly SimulatedMember[], world: World): Promise<void> {
  const state = saveState({ ...emptyState(defaultLease), cluster: clusterId });
  const addresses = members.map(({ id }) => ({ id, address: id }));
  for (const { disk } of members)
    await foundMember(disk.mount(createLife(world.clock)), { members: addresses, state });
}

export async function startMember(
  member: SimulatedMember,
  machines: readonly SimulatedMachine[],
  world: World,
): Promise<void> {
  if (member.running) return;
  const { id, disk, rate, clockRatePpm } = member;
  const { random, judge, trace, network } = world;
  const life = createLife(world.clock);
  const clock = rated(life.clock, rate, random() * 1e6);
  const replica = judge.watch(id, createReplica(clock));
  const running: Running = { life, connections: new Set(), replica };
  member.running = running;
  trace(`${id} starts`);
  try {
    const consensus = await openMember({
      ...{ id, clock, random, stateMachine: replica, compactBytes: 20_000 },
      disk: disk.mount(life),
      transport: network.attach(id, life),
      log: () => {},
      onFatal: (error) => judge.violations.push(`${id} failed: ${error} ${String(error.cause)}`),
      onRemoved: () => {},
    });
    if (member.running !== running) return;
    running.consensus = watched(consensus, member, world);
    running.leadership = followLeadership(
      {
        ...{ consensus: running.consensus, replica, clock, random, clockRatePpm },
        log: (severity, message, { machine, unit } = {}) => {
          const about = [machine, unit].filter((part) => part !== undefined).join(" ");
          trace(`${id} ${severity}: ${about} ${message}`);
        },
        connect: (machine, { cluster, epoch, seq, signal }) => {
          const target = machines.find((one) => one.id === machine.id);
          if (!target) throw new FlotillaError("machine-unreachable", `no machine ${machine.id}`);
          const caller = { id, life, clock, connections: running.connections };
          return connectSimulated(target, caller, { cluster, epoch, seq, signal }, world);
        },
      },
      unreachable,
    );
    consensus.onRole((change) => {
      trace(`${id} ${change.role} of term ${change.term}, leader ${change.leader}`);
      judge.elected(id, change);
    });
  } catch (error) {
    judge.violations.push(`${id} did not start: ${error}`);
  }
}

/** Requests that look into machines are not simulated. */
const refuse = (): never => {
  throw new FlotillaError("not-simulated", "not simulated");
};
const unreachable = { status: refuse, journal: refuse, probe: refuse, enrolment: refuse };

function watched(consensus: Consensus, { id }: SimulatedMember, world: World): Consensus {
  const { judge, mutant, hooks } = world;
  const confirm = (): ReturnType<Consensus["confirmLeadership"]> => {
    hooks.busy(id);
    const { role, term, commit } = consensus.status();
    if (mutant !== "no-confirmation" || role !== "leader") return consensus.confirmLeadership();
    return Promise.resolve({ term, index: commit });
  };
  return {
    ...consensus,
    confirmLeadership: confirm,
    propose: (data) => {
      judge.proposed(JSON.parse(data) as Envelope);
      hooks.busy(id);
      return consensus.propose(data);
    },
  };
}

export function pauseMember({ id, running }: SimulatedMember, forMs: number, { clock, trace }: World): void {
  if (!running) return;
  trace(`${id} is paused for ${Math.round(forMs)} ms`);
  running.life.freeze();
  clock.after(forMs, () => {
    trace(`${id} goes on`);
    running.life.thaw();
  });
}

/** The process dies; its kernel still delivers what it sent, unless the power is gone too. */
export function crashMember(member: SimulatedMember, world: World): void {
  const { running } = member;
  if (!running) return;
  const isPowerCut = world.random() < 0.4;
  world.trace(`${member.id} ${isPowerCut ? "loses its power" : "is killed"}`);
  running.life.end();
  if (isPowerCut) member.disk.crash();
  for (const connection of running.connections) connection.drop(isPowerCut);
  member.running = undefined;
}
