import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { runClient } from "./clients.ts";
import { createRandom, createVirtualClock } from "./clock.ts";
import { createProcess, found, type Mutant, mutants, type Process, start, type World } from "./cluster.ts";
import { endFaults, runFaults } from "./faults.ts";
import { createJudge } from "./judge.ts";
import { createSimulatedNetwork } from "./network.ts";

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly operations: number;
  readonly messages: number;
  readonly trace: readonly string[];
}

const faultsMs = 15_000;
const calmMs = 20_000;
const convergedWithinMs = 30_000;

/** One run of a cluster of one to five members under one seed. */
export async function simulate(seed: number, mutant?: Mutant): Promise<Outcome> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const trace: string[] = [];
  const judge = createJudge({ isDeduplicating: mutant !== "no-deduplication" });
  const network = createSimulatedNetwork(clock, random);
  const world: World = {
    clock,
    random,
    network,
    judge,
    mutant,
    trace: (text) => trace.push(`${clock.now().toFixed(1).padStart(9)} ${text}`),
  };
  const processes = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, n) =>
    createProcess(`m${n + 1}.0`, world),
  );
  const ids = processes.map(({ id }) => id);
  for (const process of processes) void found(process, ids, world).then(() => start(process, world));
  for (const name of ["a", "b", "c"]) void runClient(name, () => processes, world, faultsMs + 2000);
  await clock.advance(500);
  void runFaults(processes, world, faultsMs);
  await clock.advance(faultsMs + 1000);
  void endFaults(processes, world);
  await clock.advance(faultsMs + calmMs);
  for (
    let now = clock.now();
    now < faultsMs + convergedWithinMs && convergence(processes, judge.acknowledged());
  )
    await clock.advance((now += 1000));
  const violations = [...judge.violations];
  if (violations.length === 0)
    violations.push(...[convergence(processes, judge.acknowledged()) ?? []].flat());
  return { seed, violations, operations: judge.operations(), messages: network.messages(), trace };
}

/** Why the members do not agree yet; undefined when they do. */
function convergence(processes: readonly Process[], acknowledged: number): string | undefined {
  const leader = processes.find(({ consensus }) => consensus?.status().role === "leader");
  if (!leader?.consensus || !leader.register) return "no leader after the faults ended";
  const applied = leader.register.applied();
  if (applied < acknowledged) return `acknowledged ${acknowledged}, but ${leader.id} has only ${applied}`;
  for (const { id } of leader.consensus.members()) {
    const member = processes.find((process) => process.id === id);
    if (member?.register?.digest() !== leader.register.digest())
      return `${id} has not the state of ${leader.id}`;
  }
  return undefined;
}

export function replayCommand(seed: number, mutant?: Mutant): string {
  return `node --import tsx test/sim/raft.ts --seed ${seed}${mutant ? ` --mutant ${mutant}` : ""}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "50" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      mutant: { type: "string" },
    },
  });
  const mutant = mutants.find((name) => name === values.mutant);
  if (values.mutant !== undefined && !mutant) throw new Error(`mutants are ${mutants.join(", ")}`);
  const first = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  let failed = 0;
  let operations = 0;
  let messages = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, mutant);
    operations += outcome.operations;
    messages += outcome.messages;
    if (values.seed !== undefined) console.log(outcome.trace.join("\n"));
    if (outcome.violations.length === 0) continue;
    failed++;
    console.log(
      `seed ${seed}:\n  ${outcome.violations.join("\n  ")}\n  replay: ${replayCommand(seed, mutant)}`,
    );
  }
  console.log(`operations=${operations} messages=${messages}`);
  console.log(`sim: seeds=${count} failed=${failed}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
