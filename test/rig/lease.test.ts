import { test } from "uvu";
import * as assert from "uvu/assert";
import { attacks } from "./lease-attacks.ts";
import { openLeaseMachine } from "./lease-machine.ts";
import { openTestRig } from "./test-rig.ts";

// The short attacks, each on a machine that has just booted. `attacks.ts` runs all of them and prints the times.
const rig = await openTestRig(import.meta.url, { machines: 1, bootClockOffsetsS: [5_000] });

for (const { name, run } of attacks.filter(({ isShort }) => isShort))
  test(name, async () => {
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
  });

test.after(() => rig.down());
test.run();
