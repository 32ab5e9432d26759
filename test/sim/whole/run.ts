import { createRandom, createVirtualClock } from "../clock.ts";
import { createSimulatedMachine } from "../machine/machine.ts";
import { createSimulatedNetwork } from "../network.ts";
import { convergence } from "./convergence.ts";
import { endFaults, runFaults, runOperators, type Stage } from "./faults.ts";
import { createJudge } from "./judge.ts";
import { createSimulatedMember, foundCluster, startMember } from "./member.ts";
import { createOperators } from "./operators.ts";
import { createReach } from "./reach.ts";
import { firstUnits } from "./units.ts";
import type { World } from "./world.ts";

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly reboots: number;
  readonly virtualMs: number;
}

const faultsMs = 60_000;
const convergedWithinMs = 150_000;
const traceMax = 200_000;

/** One run of a whole cluster under one seed. */
export async function simulate(seed: number, mutant?: string): Promise<Outcome> {
  const { stage, lines } = createStage(seed, mutant);
  const { members, machines, operators, world } = stage;
  const { clock, judge } = world;
  void foundCluster(members, world).then(() => {
    for (const member of members) void startMember(member, machines, world);
  });
  for (const machine of machines) machine.powerOn();
  void begin(stage);
  await clock.advance(8_000);
  void runFaults(stage, faultsMs);
  void runOperators(stage, faultsMs);
  await clock.advance(faultsMs + 20_000);
  void endFaults(stage);
  await clock.advance(faultsMs + 21_000);
  for (const machine of machines) void operators.enrol(machine, faultsMs + convergedWithinMs);
  await clock.advance(faultsMs + 40_000);
  const until = faultsMs + convergedWithinMs;
  while (clock.now() < until && judge.violations.length === 0 && convergence(stage).length > 0)
    await clock.advance(clock.now() + 2_000);
  const violations = judge.violations.length > 0 ? judge.violations : convergence(stage);
  return { seed, violations, trace: lines, reboots: judge.reboots, virtualMs: clock.now() };
}

function createStage(seed: number, mutant: string | undefined): { stage: Stage; lines: string[] } {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const lines: string[] = [];
  const trace = (text: string) => {
    if (lines.length < traceMax) lines.push(`${clock.now().toFixed(1).padStart(9)} ${shorten(text)}`);
  };
  let isCalm = false;
  const world: World = {
    ...{ clock, random, mutant, trace, isCalm: () => isCalm },
    hooks: { busy: () => {} },
    calm: () => {
      isCalm = true;
    },
    network: createSimulatedNetwork(clock, random),
    net: createReach(random),
    judge: createJudge(clock.now, trace),
  };
  const ppm = () => (random() < 0.5 ? 1_000 : 100_000);
  const memberPpm = ppm();
  const members = Array.from({ length: [1, 2, 3, 3, 3, 4, 5][Math.floor(random() * 7)]! }, (_, n) =>
    createSimulatedMember(`m${n + 1}.0`, memberPpm, world),
  );
  const machines = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, n) =>
    createSimulatedMachine(`a${n + 1}`.padEnd(32, "0"), ppm(), world),
  );
  return { stage: { members, machines, world, operators: createOperators(members, machines, world) }, lines };
}

/** Machine ids are long and say little. */
const shorten = (text: string) => text.replace(/\b(a\d)0{30}\b/g, "$1").replace(/-0000-4000-8000-0{12}/g, "");

async function begin({ machines, operators, world }: Stage): Promise<void> {
  const untilMs = world.clock.now() + faultsMs;
  for (const machine of machines) await operators.enrol(machine, untilMs);
  for (const unit of firstUnits) await operators.submit(unit, "launched", untilMs);
}
