// `just bench [NAME] [--runs N] [--json]`: measures, and judges nothing.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Cluster } from "../rig/cluster.ts";
import { installPackages } from "../rig/install.ts";
import { rigAvailable } from "../rig/rig.ts";
import type { Bench } from "./bench.ts";
import { type Figure, figureOf, formatFigures } from "./figure.ts";
import { listUnits } from "./list-units.ts";
import { machine } from "./machine.ts";
import { memoryBench } from "./memory.ts";
import { powerCut, powerCutLeader } from "./power-cut.ts";
import { powerOffBench } from "./power-off.ts";
import { raft } from "./raft.ts";
import { openSite } from "./site.ts";
import { start } from "./start.ts";
import { start100 } from "./start-100.ts";

/** In the order in which they run: memory is measured when the cluster has been through all the rest. */
const benches: Readonly<Record<string, Bench>> = {
  raft,
  machine,
  start,
  "start-100": start100,
  "list-units": listUnits,
  "power-off": powerOffBench,
  "power-cut": powerCut,
  "power-cut-leader": powerCutLeader,
  memory: memoryBench,
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, json: { type: "boolean", default: false } },
});
// Figures go to stdout, everything else to stderr: `just bench --json > figures.jsonl` has nothing but figures in it.
const say = (line: string) => console.error(`bench: ${line}`);

function fail(message: string): never {
  say(message);
  process.exit(2);
}

function chosenRuns(): number | undefined {
  if (options.runs === undefined) return undefined;
  const runs = Number(options.runs);
  return Number.isInteger(runs) && runs > 0 ? runs : fail(`--runs ${options.runs}: a whole number from 1`);
}

async function whyNoMachines(): Promise<string | undefined> {
  try {
    await installPackages(say);
    return rigAvailable();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function measure(names: readonly string[]): Promise<void> {
  let site: Promise<Cluster> | undefined;
  const runs = chosenRuns();
  for (const name of names) {
    const bench = benches[name];
    if (!bench) fail(`there is no ${name}: ${Object.keys(benches).join(" ")}`);
    const obstacle = bench.needsMachines ? await whyNoMachines() : undefined;
    if (obstacle !== undefined) {
      say(`SKIP ${name}: ${obstacle}`);
      continue;
    }
    // What else the host does is in every figure.
    say(`${name} (load average ${loadavg()[0]?.toFixed(1)})`);
    const figures: Figure[] = [];
    await bench.measure({
      runs: runs ?? bench.runs,
      say,
      report: (what, unit, values) => figures.push(figureOf(what, unit, values)),
      cluster: () => (site ??= openSite(say)),
    });
    if (options.json) for (const figure of figures) console.log(JSON.stringify(figure));
    else console.log(`${formatFigures(figures)}\n`);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  await measure(positionals.length > 0 ? positionals : Object.keys(benches));
  process.exit(0);
} catch (error) {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
