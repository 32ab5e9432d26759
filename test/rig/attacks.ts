// All attacks on the lease of a real machine, as a table: `attacks.ts [--runs N] [NAME]`. Exit status 1 when one got through.
import { defaultLease } from "../../src/lease/bound.ts";
import { attacks } from "./lease-attacks.ts";
import { openLeaseMachine } from "./lease-machine.ts";
import { openRig } from "./rig.ts";

const args = process.argv.slice(2);
const at = args.indexOf("--runs");
const runs = at < 0 ? 1 : Number(args.splice(at, 2)[1]);
const chosen = attacks.filter(({ name }) => args.length === 0 || args.some((word) => name.includes(word)));

const rig = await openRig({ name: "attacks", machines: 1, bootClockOffsetsS: [5_000], say: console.error });
const [machine] = rig.machines;
if (!machine) throw new Error("no machine");
console.log(
  `S = ${defaultLease.stopBoundMs} ms, J = ${defaultLease.jitterMs} ms; times in ms after the deadline`,
);
for (const attack of chosen) {
  const rows = new Map<string, { figures: number[]; holds: boolean }>();
  for (let run = 0; run < runs; run++) {
    await machine.kill();
    await machine.boot();
    const m = await openLeaseMachine(rig, machine);
    for (const { what, afterMs, holds } of await attack.run(m)) {
      const row = rows.get(what) ?? { figures: [], holds: true };
      rows.set(what, {
        figures: afterMs === undefined ? row.figures : [...row.figures, Math.round(afterMs)],
        holds: row.holds && holds,
      });
    }
    m.expire();
    m.link.close();
  }
  for (const [what, { figures, holds }] of rows) {
    if (!holds) process.exitCode = 1;
    console.log(`${holds ? "held  " : "BROKEN"} ${attack.name}: ${what} ${figures.join(" ")}`);
  }
}
await rig.down();
process.exit();
