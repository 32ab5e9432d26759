import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attacks } from "./lease-attacks.ts";
import { openLeaseMachine } from "./lease-machine.ts";
import { openRig, type Rig, rigAvailable } from "./rig.ts";

// The short attacks, each on a machine that has just booted. `attacks.ts` runs all of them and prints the times.
const test = suite("lease on a real machine");
const reason = rigAvailable();
let rig: Rig;

test.before(async () => {
  if (reason === undefined)
    rig = await openRig({ name: "lease-test", machines: 1, bootClockOffsetsS: [5_000] });
});
test.after(() => rig?.down());

for (const { name, run } of attacks.filter(({ isShort }) => isShort)) {
  const attack = async () => {
    const [machine] = rig.machines;
    if (!machine) throw new Error("the rig has no machine");
    await machine.kill();
    await machine.boot();
    const m = await openLeaseMachine(rig, machine);
    try {
      for (const { what, afterMs, holds } of await run(m)) assert.ok(holds, `${what}: ${afterMs ?? ""}`);
    } finally {
      m.expire();
      m.link.close();
    }
  };
  if (reason === undefined) test(name, attack);
  else test.skip(`${name} (${reason})`, attack);
}

test.run();
