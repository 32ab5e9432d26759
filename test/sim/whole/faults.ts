import { sleep } from "../../../src/clock.ts";
import type { SimulatedMachine } from "../machine/machine.ts";
import { crashMember, pauseMember, type SimulatedMember, startMember } from "./member.ts";
import type { Operators } from "./operators.ts";
import type { World } from "./world.ts";

export interface Stage {
  readonly members: readonly SimulatedMember[];
  readonly machines: readonly SimulatedMachine[];
  readonly operators: Operators;
  readonly world: World;
}

/** Makes things go wrong, one after another, until `untilMs`. */
export async function runFaults(stage: Stage, untilMs: number): Promise<void> {
  const { members, machines, operators, world } = stage;
  const { clock, random, network, net, trace } = world;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const machine = () => pick(machines)!;
  const member = () => (random() < 0.6 && pick(members.filter(isLeading))) || pick(members)!;
  const span = () => (random() < 0.5 ? random() * 1_500 : random() * 12_000);
  const all = [...members, ...machines];

  const cut = (a: { id: string }, b: { id: string }, ways: number): void => {
    for (const [from, to] of ways < 0.5
      ? [
          [a, b],
          [b, a],
        ]
      : ways < 0.75
        ? [[a, b]]
        : [[b, a]]) {
      if (!from || !to) continue;
      network.cut(from.id, to.id);
      net.cut(from.id, to.id);
    }
  };
  const isolate = (one: { id: string }, others: readonly { id: string }[]): void => {
    trace(`${one.id} is cut off from ${others.map(({ id }) => id).join(" ")}`);
    const ways = random();
    for (const other of others) if (other !== one) cut(one, other, ways);
  };
  const faults: readonly (() => unknown)[] = [
    () => isolate(machine(), members),
    () => isolate(machine(), members),
    () => isolate(member(), all),
    () => isolate(member(), members),
    () => isolate(member(), machines),
    () => isolate(machine(), [member()]),
    () => split(all, cut, world),
    () => split(all, cut, world),
    () => delayThenCut(machine(), members, cut, world),
    () => delayThenCut(machine(), members, cut, world),
    () => powerCut(machine(), span(), world),
    () => powerCut(machine(), span(), world),
    () => powerBlink(machine(), span(), world, isolate, members),
    () => restart(member(), span(), stage),
    () => random() < 0.3 && members.forEach((one) => void restart(one, span(), stage)),
    () => pauseMember(member(), span(), world),
    () => pauseMember(member(), span(), world),
    () => freeze(machine(), span(), world),
    () => machine().killGuard(random() < 0.5 ? 0 : 1),
    () => stopPid1(machine(), span(), world),
    () => Object.assign(machine(), { slowness: random() < 0.5 ? 1 : 1 + random() * 10 }),
    () => stick(machine(), span(), world),
    () => stickAndCut(machine(), members, isolate, world),
    () => stickAndCut(machine(), members, isolate, world),
    () => operators.haste(untilMs + 20_000, (id) => isolate({ id }, members)),
    () => crashUnit(machine(), world),
  ];
  world.hooks.busy = (id) => {
    if (clock.now() < untilMs && random() < sleepChance) sleepBusy(id, stage, cut);
  };
  const heal = () => {
    trace("the network heals");
    network.heal();
    net.heal();
    if (clock.now() < untilMs) clock.after(1_000 + span(), heal);
  };
  heal();
  while (clock.now() < untilMs) {
    await sleep(clock, 100 + random() * 1_500);
    Object.assign(network.faults, { loss: random() < 0.7 ? 0 : random() * 0.2, lateness: random() * 0.03 });
    net.faults.lateness = random() < 0.5 ? 0 : random() * 0.1;
    pick(faults)?.();
  }
}

/** People who do not know what goes on. */
export async function runOperators({ operators, world }: Stage, untilMs: number): Promise<void> {
  while (world.clock.now() < untilMs) {
    await sleep(world.clock, world.random() * 3_000);
    void operators.meddle(untilMs + 20_000);
  }
}

/** Ends all faults: everything is switched on, reachable and quick. */
export async function endFaults({ members, machines, world }: Stage): Promise<void> {
  world.trace("the faults end");
  world.calm();
  Object.assign(world.network.faults, { loss: 0, duplication: 0, lateness: 0 });
  world.net.faults.lateness = 0;
  world.network.heal();
  world.net.heal();
  for (const machine of machines) {
    machine.slowness = 1;
    machine.stuck.clear();
    machine.thaw();
    machine.boot?.pid1.thaw();
    machine.powerOn();
  }
  for (const member of members) {
    member.disk.slow(0);
    member.running?.life.thaw();
    await startMember(member, machines, world);
  }
}

/** How often a leader falls asleep just after it began to ask, or to propose. */
const sleepChance = 0.004;

/** A leader sleeps for about a TTL with answers in its buffers, while the others lose some machines that it reaches. */
function sleepBusy(id: string, { members, machines, world }: Stage, cut: Cut): void {
  const { clock, random } = world;
  const sleeper = members.find((member) => member.id === id);
  if (!sleeper) return;
  const ms = random() < 0.7 ? 1_800 + random() * 1_200 : random() * 9_000;
  // Not in the middle of a step, which nothing interrupts.
  clock.after(random() * 3, () => pauseMember(sleeper, ms, world));
  for (const machine of machines)
    if (random() < 0.6) for (const member of members) if (member !== sleeper) cut(machine, member, 0);
}

type Cut = (a: { id: string }, b: { id: string }, ways: number) => void;

/** Two sides, members and machines alike, that do not reach each other. */
function split(all: readonly { id: string }[], cut: Cut, { random, trace }: World): void {
  const sides = all.map((one) => ({ one, side: random() < 0.5 }));
  trace(`split: ${sides.flatMap(({ one, side }) => (side ? one.id : [])).join(" ")} from the rest`);
  for (const a of sides) for (const b of sides) if (a.side && !b.side) cut(a.one, b.one, 0);
}

/** What was sent last to a machine sits in its buffers, and then nobody reaches it any more. */
function delayThenCut(
  machine: SimulatedMachine,
  members: readonly { id: string }[],
  cut: Cut,
  world: World,
): void {
  const { clock, random, net, trace } = world;
  const ms = 500 + random() * 3_500;
  trace(`${machine.id} reads ${Math.round(ms)} ms late, and is cut off soon`);
  net.stall(machine.id, ms);
  clock.after(100 + random() * 900, () => {
    trace(`${machine.id} is cut off`);
    for (const member of members) cut(machine, member, 0);
  });
}

/** A machine that is back at once, as a container is, and is soon cut off. */
function powerBlink(
  machine: SimulatedMachine,
  afterMs: number,
  { clock }: World,
  isolate: (one: { id: string }, others: readonly { id: string }[]) => void,
  members: readonly { id: string }[],
): void {
  machine.powerOff();
  clock.after(300, () => machine.powerOn());
  clock.after(afterMs, () => isolate(machine, members));
}

const isLeading = ({ running }: SimulatedMember) => running?.leadership?.leading() !== undefined;

function powerCut(machine: SimulatedMachine, forMs: number, { clock }: World): void {
  machine.powerOff();
  clock.after(2_000 + forMs, () => machine.powerOn());
}

function restart(member: SimulatedMember, afterMs: number, { machines, world }: Stage): void {
  crashMember(member, world);
  world.clock.after(afterMs, () => void startMember(member, machines, world));
}

function freeze(machine: SimulatedMachine, forMs: number, { clock }: World): void {
  machine.freeze();
  clock.after(forMs, () => machine.thaw());
}

function stopPid1({ id, boot }: SimulatedMachine, forMs: number, { clock, trace }: World): void {
  if (!boot) return;
  trace(`${id}: PID 1 stands still for ${Math.round(forMs)} ms`);
  boot.pid1.freeze();
  clock.after(forMs, () => boot.pid1.thaw());
}

function stick(machine: SimulatedMachine, forMs: number, { clock, trace }: World): void {
  trace(`${machine.id}: mounts are busy for ${Math.round(forMs)} ms`);
  machine.stuck.add("srv-disk.mount");
  clock.after(forMs, () => machine.stuck.clear());
}

/** The slowest way that a fence can take: the mount stays until the machine is rebooted. */
function stickAndCut(
  machine: SimulatedMachine,
  members: readonly { id: string }[],
  isolate: (one: { id: string }, others: readonly { id: string }[]) => void,
  world: World,
): void {
  stick(machine, 15_000, world);
  isolate(machine, members);
}

function crashUnit({ boot, id }: SimulatedMachine, { random, trace }: World): void {
  const running = [...(boot?.systemd.cells() ?? [])].filter(({ copy }) => copy);
  const victim = running[Math.floor(random() * running.length)];
  if (!victim || victim.name.endsWith(".mount")) return;
  trace(`${id}: ${victim.name} crashes`);
  boot?.systemd.kill(victim.name);
}
