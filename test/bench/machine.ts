// One machine over SSH: how long connecting, a renewal and a start take. Prints a JSON line for each figure.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { connectMachine } from "../../src/machine/link.ts";
import { openRig } from "../rig/rig.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "20" } } });
const runs = Math.max(1, Number(values.runs));
const rig = await openRig({ name: "bench-machine", machines: 1 });
const [machine] = rig.machines;
if (!machine) throw new Error("the rig has no machine");
const { address, hostKey } = machine;
const identity = { kind: "key", privateKey: readFileSync(rig.keyFile, "utf8") } as const;
let seq = 0;

const connect = (user: string) =>
  connectMachine({
    ...{ target: { address, port: 22, user, hostKey }, identity, cluster: "bench", epoch: 1, seq: ++seq },
    ...{ clock: systemClock, log: silentLog },
  });

/** Runs `work` n times, one after another, and prints how long it took in milliseconds; `between` is not counted. */
async function measure<T>(
  name: string,
  n: number,
  work: () => Promise<T>,
  between: (result: T) => unknown = () => {},
): Promise<void> {
  const durations: number[] = [];
  for (let run = 0; run < n; run++) {
    const startMs = performance.now();
    const result = await work();
    durations.push(performance.now() - startMs);
    await between(result);
  }
  durations.sort((a, b) => a - b);
  const rounded = (index: number) => Number((durations[index] ?? 0).toFixed(2));
  const figures = { min: rounded(0), median: rounded(n >> 1), max: rounded(n - 1) };
  console.log(JSON.stringify({ name, unit: "ms", n, ...figures }));
}

for (const user of ["root", "ops"])
  await measure(
    `connect-${user}`,
    runs,
    () => connect(user),
    (link) => link.close(),
  );
const link = await connect("root");
await measure("renew", runs * 20, () => link.renew(link.reading.machineCs + 300));
const names = Array.from({ length: 100 }, (_, index) => `bench-${index}.service`);
const text = "[Service]\nExecStart=/bin/sleep 1000\n";
const files = names.map((name) => ({ path: `/run/systemd/system/${name}`, text }));
await measure("write-100-files", runs, () => link.writeFiles(files));
await measure("reload", Math.min(runs, 5), () => link.reload());
const [first = ""] = names;
await measure(
  "start",
  runs,
  () => link.start(first),
  () => link.stop(first),
);
await measure(
  "start-100",
  Math.min(runs, 5),
  () => Promise.all(names.map(link.start)),
  () => Promise.all(names.map(link.stop)),
);
await Promise.all(names.map(link.start));
await measure("states-100", runs, () => link.states(names));
await Promise.all(names.map(link.stop));
link.close();
await rig.down();
