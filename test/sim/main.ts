import { parseArgs } from "node:util";
import { simulate } from "./whole/run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "50" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    mutant: { type: "string" },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const { violations, trace } = await simulate(seed, values.mutant);
  if (values.seed !== undefined) console.log(trace.join("\n"));
  if (violations.length === 0) continue;
  failed++;
  const command = `just sim --seed ${seed}${values.mutant ? ` --mutant ${values.mutant}` : ""}`;
  console.log(`seed ${seed}:\n  ${violations.join("\n  ")}\n  replay: ${command}`);
}
console.log(`sim: seeds=${count} failed=${failed}`);
process.exitCode = failed === 0 ? 0 : 1;
