import { test } from "uvu";
import * as assert from "uvu/assert";
import { attend } from "../../src/leader/attendance.ts";
import { dropIn, dropInPath } from "../../src/lease/drop-in.ts";
import { unitFilePath } from "../../src/lease/places.ts";
import { testCluster } from "../cluster/state.ts";
import { fakeMachine } from "./link.ts";
import { testOffice } from "./office.ts";

const text = "[Service]\nExecStart=/bin/x\n[X-Flotilla]\nExclusive=yes\n";

/** m1 has x.service, which is placed on m2. */
function intruded() {
  const cluster = testCluster("m1", "m2");
  cluster.submit({ "x.service": text }, "launched");
  const office = testOffice(cluster);
  const found = fakeMachine("m1");
  found.files.set(unitFilePath("x.service"), text);
  found.files.set(dropInPath("x.service"), dropIn({ name: "x.service", text, isExclusive: true }));
  found.active.set("x.service", "active");
  const { link } = found;
  Object.assign(link.inventory, { units: ["x.service"] });
  return { cluster, office, machine: found, link };
}
const settled = async <T>(promise: Promise<T>, office: ReturnType<typeof testOffice>) => {
  const outcome = promise.then(
    (value) => ({ value, error: undefined }),
    (error) => ({ value: undefined, error }),
  );
  await office.clock.advance(office.clock.now() + 2000);
  return outcome;
};

test("an intruder is stopped before the machine is ready", async () => {
  const { office, machine, link } = intruded();
  const { error } = await settled(attend(office, "m1", link, false), office);
  assert.is(error, undefined);
  assert.is(machine.active.get("x.service"), "inactive");
  assert.is(machine.files.has(unitFilePath("x.service")), false);
  // The stop is told as a change of state: that sets off nothing beside the work that is under way.
  assert.equal(
    machine.done.filter((step) => step.includes("x.service") || step === "remove"),
    ["stop x.service", "stop x.service", "remove", "remove", "forget x.service"],
  );
});

test("an intruder is stopped where it stands by for a suspect machine, too", async () => {
  const { office, machine, link } = intruded();
  const unit = { unit: "x.service", exclusive: true, resources: [] };
  await office.propose({ kind: "place", machine: "m2", bootId: "boot-of-m2", units: [unit], reason: "" });
  office.view.standby.set("x.service", "m1");
  const { error } = await settled(attend(office, "m1", link, false), office);
  assert.is(error, undefined);
  assert.is(machine.active.get("x.service"), "inactive");
});

test("an attendance that failed leaves nothing behind that could release a unit later", async () => {
  const { cluster, office, machine, link } = intruded();
  machine.unkillable.add("x.service"); // Every stop is told as a state change, and fails.
  const { error } = await settled(attend(office, "m1", link, false), office);
  assert.match(error.message, /processes are left|still running/);
  link.close();
  // Another connection has cleaned it, and the unit has come to m1 by right; now nothing wants it any more.
  const unit = { unit: "x.service", exclusive: true, resources: [] };
  await office.propose({ kind: "place", machine: "m1", bootId: "boot-of-m1", units: [unit], reason: "" });
  await office.propose({ kind: "set-desired", names: ["x.service"], desired: "inactive", again: [] });
  await office.clock.advance(120_000);
  assert.is(cluster.state.placements.has("x.service"), true, "released by nobody who saw it");
});

test.run();
