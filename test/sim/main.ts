import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { plant } from "./planting.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "50" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    mutant: { type: "string" },
    /** Ends at the first seed that fails. */
    first: { type: "boolean", default: false },
    /** Processes that share the seeds. */
    jobs: { type: "string", default: "1" },
  },
});
const jobs = Number(values.jobs);
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const failed = jobs > 1 ? await share() : await run();
console.log(`sim: seeds=${count} failed=${failed}`);
process.exitCode = failed === 0 ? 0 : 1;

async function run(): Promise<number> {
  const simulate = await plant(values.mutant);
  let failures = 0;
  let reboots = 0;
  for (let seed = from; seed < from + count; seed++) {
    const { violations, trace, ...rest } = await simulate(seed, values.mutant);
    reboots += rest.reboots;
    if (values.seed !== undefined) console.log(trace.join("\n"));
    if (violations.length === 0) continue;
    failures++;
    const command = `just sim --seed ${seed}${values.mutant ? ` --mutant ${values.mutant}` : ""}`;
    console.log(`seed ${seed}:\n  ${violations.join("\n  ")}\n  replay: ${command}`);
    if (values.first) break;
  }
  console.log(`last-resort reboots: ${reboots}`);
  return failures;
}

/** Each process takes a part of the seeds; what they say goes through, but for their last lines. */
async function share(): Promise<number> {
  const each = Math.ceil(count / jobs);
  const parts = Array.from({ length: jobs }, (_, n) =>
    part(from + n * each, Math.min(each, count - n * each)),
  );
  return (await Promise.all(parts)).reduce((sum, failures) => sum + failures, 0);
}

function part(first: number, seeds: number): Promise<number> {
  const mutant = values.mutant === undefined ? [] : ["--mutant", values.mutant];
  const self = fileURLToPath(import.meta.url);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", self, "--from", String(first), "--seeds", String(seeds), ...mutant],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      const failures = /^sim: seeds=\d+ failed=(\d+)$/m.exec(text)?.[1];
      if (failures === undefined) return reject(new Error(`a part ended early: ${text}`));
      process.stdout.write(text.replace(/^sim: .*\n/m, ""));
      resolve(Number(failures));
    });
  });
}
