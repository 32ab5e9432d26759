import { test } from "uvu";
import * as assert from "uvu/assert";
import { createExecutor } from "../../src/reconcile/execute.ts";
import { createSight } from "../../src/reconcile/sight.ts";
import { fakeMachine } from "../leader/link.ts";
import { createVirtualClock } from "../sim/clock.ts";

async function executor(unit: string) {
  const machine = fakeMachine("m1");
  const sight = createSight();
  const failures: string[] = [];
  const clock = createVirtualClock();
  const execute = createExecutor(clock, machine.link, sight, {
    release: async () => {},
    renewGeneration: async () => {},
    startFailed: (name, problem) => failures.push(`${name}: ${problem}`),
  });
  sight.note(unit, { text: "t", dropIn: "d" });
  const run = async (step: Parameters<typeof execute>[1]) => {
    const result = execute(unit, step).then(
      () => "done",
      (error) => error.message,
    );
    await clock.advance(clock.now() + 1000);
    return result;
  };
  return { machine, sight, failures, run };
}

test("nothing is removed, and so nothing released, while a process is left, however often it is tried", async () => {
  const { machine, sight, run } = await executor("x.service");
  machine.become("x.service", "active");
  machine.unkillable.add("x.service");
  sight.noteState({ name: "x.service", load: "loaded", active: "failed", sub: "failed" });
  for (let tries = 0; tries < 2; tries++)
    assert.match(await run({ do: "remove", reason: "" }), /processes are left/);
  assert.not(machine.done.includes("remove"));
  assert.is(sight.of("x.service").text, "t");
  machine.unkillable.clear();
  assert.is(await run({ do: "remove", reason: "" }), "done");
});

test("what a timer started behind the leader's back is stopped before it counts as gone", async () => {
  const { machine, run } = await executor("x.service");
  machine.active.set("x.service", "active"); // its signal has not arrived yet
  assert.is(await run({ do: "remove", reason: "" }), "done");
  assert.is(machine.active.get("x.service"), "inactive");
});

test("a start that did not happen is not noted as one, for later leaders too", async () => {
  const { machine, failures, run } = await executor("x.service");
  machine.results.set("start x.service", "dependency");
  await run({ do: "start", generation: 7, exclusive: false, reason: "" });
  assert.equal(failures, ['x.service: x.service: systemd\'s start job ended with "dependency"']);
  assert.is.not(machine.started.get("x.service"), 7);
});

test("no gate is opened for a unit that something on the machine has changed", async () => {
  const { machine, run } = await executor("mnt-x.mount");
  const { show } = machine.link;
  machine.link.show = async (unit) => ({
    ...(await show(unit)),
    dropInPaths: ["/etc/systemd/system/mnt-x.mount.d/own.conf"],
  });
  const step = { do: "gate", generation: 7, where: "/mnt/x", reason: "" } as const;
  assert.match(await run(step), "/etc/systemd/system/mnt-x.mount.d/own.conf changes mnt-x.mount");
  assert.equal(machine.done, []);
});

test.run();
