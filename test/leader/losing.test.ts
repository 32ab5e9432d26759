import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Replica } from "../../src/cluster/replica.ts";
import type { Keeper } from "../../src/leader/keeper.ts";
import { createLosing } from "../../src/leader/losing.ts";
import { testCluster } from "../cluster/state.ts";
import { testOffice } from "./office.ts";

const service = "[Service]\nExecStart=/bin/x\n[X-Flotilla]\nExclusive=yes\n";

/** Machine m1 holds x.service; its keeper says until when it sent leases. */
function situation(confirm = async () => {}) {
  const cluster = testCluster("m1", "m2");
  cluster.submit({ "x.service": service }, "launched");
  const office = testOffice(cluster, { confirm });
  const unit = { unit: "x.service", exclusive: true, resources: [] };
  const place = () =>
    office.propose({ kind: "place", machine: "m1", bootId: "boot-of-m1", units: [unit], reason: "test" });
  const sent: { untilMs: number | undefined } = { untilMs: undefined };
  const keeper = { lease: { sentUntilMs: () => sent.untilMs } } as Keeper;
  const replica = { suspectedSinceMs: () => undefined } as unknown as Replica;
  const losing = createLosing(office, replica, 0, () => keeper);
  const up = (bootId = "boot-of-m1") => office.propose({ kind: "machine-up", machine: "m1", bootId });
  const suspect = () => office.propose({ kind: "suspect", machine: "m1", reason: "silence" });
  const isFree = () => !cluster.state.placements.has("x.service");
  return { cluster, office, place, sent, losing, up, suspect, isFree };
}

test("units are freed by the bound and not before", async () => {
  const { office, place, sent, losing, isFree } = situation();
  await place();
  sent.untilMs = 4000;
  losing.away("m1", "silence");
  await office.clock.advance(5900);
  assert.is(isFree(), false);
  await office.clock.advance(6200);
  assert.is(isFree(), true);
});

test("a machine that was up and renewed while leadership was being confirmed is not lost", async () => {
  let go = () => {};
  const confirmed = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { office, place, sent, losing, up, suspect, isFree } = situation(() => confirmed);
  await place();
  sent.untilMs = 4000;
  losing.away("m1", "silence");
  await office.clock.advance(7000); // The bound is over, and the confirmation takes long.
  await up();
  sent.untilMs = 10_000;
  await suspect();
  go();
  await office.clock.advance(7100);
  assert.is(isFree(), false);
  await office.clock.advance(13_000);
  assert.is(isFree(), true);
});

test("a machine that came back rebooted and went again before its units were released gives them up", async () => {
  const { office, place, losing, up, isFree } = situation();
  await place();
  await up("another boot");
  losing.away("m1", "silence");
  await office.clock.advance(10_000);
  assert.is(isFree(), true);
});

test("the bound of a machine that was enrolled anew is that of whoever keeps it now", async () => {
  const { office, place, sent, losing, suspect, up, isFree } = situation();
  await suspect();
  losing.away("m1", "silence"); // Armed; nothing is placed there, and it is removed at once.
  await office.propose({ kind: "remove-machine", machine: "m1" });
  await office.propose({ kind: "forget-machine", machine: "m1" });
  const { state } = office.view;
  const { m2 } = Object.fromEntries(state.machines);
  await office.propose({ kind: "enrol", machine: { ...m2!, id: "m1", address: "192.0.2.1" } });
  await up();
  await place();
  sent.untilMs = 8000;
  losing.away("m1", "silence");
  await office.clock.advance(9500);
  assert.is(isFree(), false);
  await office.clock.advance(11_000);
  assert.is(isFree(), true);
});

test.run();
