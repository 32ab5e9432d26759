import { test } from "uvu";
import * as assert from "uvu/assert";
import type { UnitView } from "../../src/api/contract.ts";
import { type Goal, judge } from "../../src/cli/verdict.ts";

const machine = { id: "m1", address: "10.0.0.1" };
const other = { id: "m2", address: "10.0.0.2" };
const on = (active: string, sub: string, where = machine, load = "loaded") => ({
  machine: where,
  load,
  active,
  sub,
});

const unit: UnitView = {
  name: "a.service",
  hash: "",
  description: "",
  type: "service",
  isGlobal: false,
  isTemplate: false,
  isExclusive: false,
  desired: "launched",
  current: "launched",
  machine,
  observed: [on("active", "running")],
  reasons: [],
  pending: null,
  isDestroyed: false,
};
const reason = { machine: "m1", constraint: "machine", message: "No space left on device" };
const conflict = { machine: "m1", constraint: "Conflicts", message: "b.service is there" };

const needed = { machine: "m1", constraint: "needed", message: "b.service needs it" };

/** What is changed in the running unit above, what is waited for, and the verdict as `kind afterMs`. */
const cases: readonly (readonly [
  what: string,
  change: Partial<UnitView> | undefined,
  goal: Goal,
  verdict: string,
])[] = [
  ["runs", {}, "launched", "reached 50"],
  ["a mount has no process that could die", { type: "mount" }, "launched", "reached 0"],
  ["runs, but not by this start", { current: "loaded" }, "launched", "waiting"],
  ["is starting", { observed: [on("activating", "start")] }, "launched", "waiting"],
  ["keeps restarting", { observed: [on("activating", "auto-restart")] }, "launched", "failed 2000"],
  ["has done its work", { observed: [on("inactive", "dead")] }, "launched", "reached 2000"],
  ["has failed", { observed: [on("failed", "failed")] }, "launched", "failed 200"],
  ["failed before", { observed: [on("failed", "failed")], current: "loaded" }, "launched", "failed 2000"],
  [
    "has a broken file",
    { observed: [on("inactive", "dead", machine, "bad-setting")] },
    "launched",
    "failed 200",
  ],
  ["cannot be pushed", { observed: [], current: "inactive", reasons: [reason] }, "launched", "failed 2000"],
  ["fits nowhere", { machine: null, observed: [], reasons: [conflict] }, "launched", "unplaced 0"],
  ["fits nowhere yet", { machine: null, reasons: [conflict], pending: "takeover" }, "launched", "waiting"],
  ["is not placed yet", { machine: null, observed: [] }, "launched", "waiting"],
  ["was destroyed", undefined, "launched", "failed 0"],
  ["is loaded", { current: "loaded", observed: [on("inactive", "dead")] }, "loaded", "reached 0"],
  ["is not yet loaded", { current: "inactive", observed: [on("inactive", "dead")] }, "loaded", "waiting"],
  ["still runs", { current: "loaded" }, "stopped", "waiting"],
  ["is stopped", { current: "loaded", observed: [on("failed", "failed")] }, "stopped", "reached 0"],
  ["was nowhere", { machine: null, observed: [] }, "stopped", "reached 0"],
  ["runs on for another", { current: "loaded", reasons: [needed] }, "stopped", "needed 200"],
  ["is needed and asked for", { reasons: [needed] }, "launched", "reached 50"],
  ["is unloaded", { current: "inactive" }, "inactive", "reached 0"],
  ["stays for another", { current: "loaded", reasons: [needed] }, "inactive", "needed 200"],
  ["is being unloaded", {}, "inactive", "waiting"],
  ["is gone", undefined, "gone", "reached 0"],
  ["is still being stopped", { isDestroyed: true }, "gone", "waiting"],
];
for (const [what, change, goal, expected] of cases)
  test(`a unit that ${what}: ${expected} for ${goal}`, () => {
    const verdict = judge(change && { ...unit, ...change }, goal, []);
    assert.is("afterMs" in verdict ? `${verdict.kind} ${verdict.afterMs}` : verdict.kind, expected);
  });

const mount = { ...unit, isGlobal: true, type: "mount", current: null, machine: null };
test("a global unit is waited for on every ready machine", () => {
  assert.is(judge(mount, "launched", ["m1"]).kind, "reached");
  assert.is(judge(mount, "launched", ["m1", "m2"]).kind, "waiting");
  const both = { ...mount, observed: [on("active", "mounted"), on("active", "mounted", other)] };
  assert.is(judge(both, "launched", ["m1", "m2"]).kind, "reached");
});

test("a global unit is not waited for where it may not be, and fails where it cannot be brought", () => {
  const refused = { ...mount, reasons: [{ ...conflict, machine: "m2" }] };
  assert.is(judge(refused, "launched", ["m1", "m2"]).kind, "reached");
  const broken = { ...mount, reasons: [{ ...reason, machine: "m2" }] };
  assert.is(judge(broken, "launched", ["m1", "m2"]).kind, "failed");
});

test.run();
