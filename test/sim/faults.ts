import { sleep } from "../../src/clock.ts";
import { crash, createProcess, type Process, start, type World } from "./cluster.ts";

/** Makes things go wrong, one after another, until `untilMs`. */
export async function runFaults(processes: Process[], world: World, untilMs: number): Promise<void> {
  const { clock, random, network } = world;
  const one = () => processes[Math.floor(random() * processes.length)]!;
  const soon = () => random() * 1500;
  const faults: (() => void)[] = [
    () => restartLater([one()], world, soon()),
    () => restartLater(processes.filter(isLeader), world, soon()),
    () => random() < 0.3 && restartLater(processes, world, soon()),
    () => split(processes, world),
    () => isolate(one(), processes, world),
    () => freeze(one(), world, 2 * soon()),
    () => processes.filter(isLeader).forEach((leader) => void freeze(leader, world, 2 * soon())),
    () => one().disk.slow(random() < 0.5 ? 0 : random() * 200),
    () => void handOver(processes, world),
    () => void addMember(processes, world),
    () => void removeMember(processes, world),
  ];
  const heal = () => {
    network.heal();
    if (clock.now() < untilMs) clock.after(500 + 2 * soon(), heal);
  };
  heal();
  while (clock.now() < untilMs) {
    await sleep(clock, 50 + random() * 500);
    Object.assign(network.faults, {
      loss: random() < 0.5 ? 0 : random() * 0.2,
      duplication: random() * 0.15,
      lateness: random() * 0.05,
    });
    faults[Math.floor(random() * faults.length)]?.();
  }
}

/** Ends all faults and starts everybody. */
export async function endFaults(processes: readonly Process[], world: World): Promise<void> {
  world.trace("the faults end");
  Object.assign(world.network.faults, { loss: 0, duplication: 0, lateness: 0 });
  world.network.heal();
  for (const process of processes) {
    process.disk.slow(0);
    process.life?.thaw();
    await start(process, world);
  }
}

const isLeader = ({ consensus }: Process) => consensus?.status().role === "leader";

function restartLater(some: readonly Process[], world: World, afterMs: number): void {
  for (const process of some) {
    crash(process, world);
    world.clock.after(afterMs, () => void start(process, world));
  }
}

function freeze(process: Process, { clock, trace }: World, forMs: number): void {
  const { life } = process;
  if (!life) return;
  trace(`${process.id} freezes`);
  life.freeze();
  clock.after(forMs, () => life.thaw());
}

function split(processes: readonly Process[], { random, network, trace }: World): void {
  const sides = processes.map(({ id }) => ({ id, side: random() < 0.5 }));
  trace(`split ${JSON.stringify(sides.filter(({ side }) => side).map(({ id }) => id))} from the rest`);
  for (const a of sides) for (const b of sides) if (a.side !== b.side) network.cut(a.id, b.id);
}

function isolate({ id }: Process, processes: readonly Process[], { random, network, trace }: World): void {
  const direction = random();
  trace(`${id} is cut off ${direction < 0.3 ? "outward" : direction < 0.6 ? "inward" : "wholly"}`);
  for (const other of processes) {
    if (direction < 0.3 || direction >= 0.6) network.cut(id, other.id);
    if (direction >= 0.3) network.cut(other.id, id);
  }
}

async function handOver(processes: readonly Process[], { trace }: World): Promise<void> {
  const leader = processes.find(isLeader)?.consensus;
  if (!leader) return;
  trace(`${leader.id} hands over`);
  await leader.transferLeadership().catch(() => {});
}

async function addMember(processes: Process[], world: World): Promise<void> {
  const leader = processes.find(isLeader)?.consensus;
  if (!leader || leader.members().length >= 5) return;
  const process = createProcess(`m${processes.length + 1}.0`, world);
  processes.push(process);
  await start(process, world);
  world.trace(`${leader.id} adds ${process.id}`);
  await leader.addLearner(process.id, process.id).catch(() => {});
}

async function removeMember(processes: readonly Process[], { random, trace }: World): Promise<void> {
  const leader = processes.find(isLeader)?.consensus;
  const members = leader?.members() ?? [];
  const member = members[Math.floor(random() * members.length)];
  if (!leader || !member || members.length <= 2) return;
  trace(`${leader.id} removes ${member.id}`);
  await leader.remove(member.id).catch(() => {});
}
