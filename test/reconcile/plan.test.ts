import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { plan, type Seen } from "../../src/reconcile/plan.ts";
import type { Wanted } from "../../src/reconcile/wanted.ts";

const blank: Seen = {
  text: undefined,
  dropIn: undefined,
  active: undefined,
  gate: undefined,
  started: undefined,
};
const wanted: Exclude<Wanted, { kind: "absent" }> = {
  kind: "launched",
  text: "t",
  dropIn: "d",
  exclusive: true,
  generation: 7,
  where: undefined,
  after: [],
  reason: "desired launched",
};
const steps = (what: Wanted, seen: Seen) => plan(what, seen, () => true).steps.map((step) => step.do);

test("somebody else's unit is never stopped", () => {
  const absent: Wanted = { kind: "absent", generation: undefined, reason: "not placed" };
  assert.equal(steps(absent, { ...blank, active: "active" }), []);
  assert.equal(steps(absent, { ...blank, dropIn: "d", active: "active" }), ["stop", "remove"]);
});

test("what was started in its generation is left to systemd, however it ended", () => {
  const seen = { text: "t", dropIn: "d", gate: 7, started: 7 };
  for (const active of ["active", "failed", "inactive", "activating"])
    assert.equal(steps(wanted, { ...seen, active }), []);
});

test("a unit that lost its gate to a fence starts again, in a new generation", () => {
  const seen = { text: "t", dropIn: "d", gate: undefined, started: 7, active: "inactive" };
  assert.equal(steps(wanted, seen), ["renew-generation"]);
  assert.equal(steps({ ...wanted, generation: 8 }, seen), ["gate", "start"]);
});

test("a gate waits for the lease, which a fence may be ending, and for nothing else", () => {
  const without = (missing: string) =>
    plan({ ...wanted, after: ["b.service"] }, blank, (unit) => unit !== missing);
  const names = ({ steps, waitsFor }: ReturnType<typeof without>) => [
    ...steps.map((step) => step.do),
    `waits for ${waitsFor}`,
  ];
  assert.equal(names(without("flotilla-lease.target")), ["push", "waits for flotilla-lease.target"]);
  // Two that need each other are both gated, and then both started.
  assert.equal(names(without("b.service")), ["push", "gate", "waits for b.service"]);
  assert.equal(names(without("none")), ["push", "gate", "start", "waits for undefined"]);
});

const seens = (): fc.Arbitrary<Seen> => {
  const generation = fc.option(fc.constantFrom(-1, 6, 7), { nil: undefined });
  const maybe = (text: string) => fc.option(fc.constantFrom(text, "old"), { nil: undefined });
  const active = fc.option(fc.constantFrom("active", "activating", "inactive", "failed"), { nil: undefined });
  return fc.record({ text: maybe("t"), dropIn: maybe("d"), active, gate: generation, started: generation });
};

test("property: an exclusive unit starts only behind its own gate, and the gate goes before every stop", () => {
  fc.assert(
    fc.property(seens(), fc.constantFrom("launched", "needed", "loaded", "absent"), (seen, kind) => {
      const what: Wanted =
        kind === "absent" ? { kind, generation: 7, reason: "" } : { ...wanted, kind: kind as "launched" };
      const list = plan(what, seen, () => true).steps;
      let gate = seen.gate;
      for (const step of list) {
        if (step.do === "gate") gate = step.generation;
        if (step.do === "ungate") gate = undefined;
        if (step.do === "start" || step.do === "restart") assert.is(gate, 7, "started without its gate");
        if (step.do === "stop" || step.do === "release")
          assert.is(gate, undefined, `${step.do} behind a gate`);
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
