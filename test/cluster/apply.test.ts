import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { apply } from "../../src/cluster/apply.ts";
import type { Command, Held } from "../../src/cluster/command.ts";
import { loadState, saveState } from "../../src/cluster/snapshot.ts";
import { machine, testCluster } from "./state.ts";

const service = "[Service]\nExecStart=/bin/sleep infinity\n";
const place = (
  unit: string,
  on: string,
  more: { exclusive?: boolean; resources?: string[] } = {},
): Command => ({
  kind: "place",
  machine: on,
  bootId: `boot-of-${on}`,
  units: [{ unit, exclusive: more.exclusive ?? false, resources: more.resources ?? [] }],
  reason: "test",
});
const held = (unit: string, on: string, generation: number): Held => ({
  machine: on,
  bootId: `boot-of-${on}`,
  units: [{ unit, generation }],
});
const stopped = (on: string) => ({ kind: "stopped", machine: on, bootId: `boot-of-${on}` }) as const;
const bound = (on: string) =>
  ({ kind: "lease-bound", machine: on, bootId: `boot-of-${on}`, since: "renewal", waitedMs: 5200 }) as const;

test("a unit is placed once, until a proof releases it", () => {
  const cluster = testCluster("a", "b");
  cluster.submit({ "x.service": service }, "launched");
  assert.is(cluster.do(place("x.service", "a")).ok, true);
  assert.equal(cluster.do(place("x.service", "b")), {
    ok: false,
    code: "stale-decision",
    message: "x.service is placed already",
  });
  const { generation } = cluster.state.placements.get("x.service")!;
  assert.is(
    cluster.do({ kind: "release", held: held("x.service", "a", generation - 1), proof: stopped("a") }).ok,
    false,
  );
  assert.is(
    cluster.do({ kind: "release", held: held("x.service", "a", generation), proof: stopped("a") }).ok,
    true,
  );
  assert.is(cluster.do(place("x.service", "b")).ok, true);
});

test("a placement outlives its unit's record, and keeps its device", () => {
  const cluster = testCluster("a", "b");
  cluster.submit({ "mnt-x.mount": "[Mount]\nWhat=/dev/sdb\nWhere=/mnt/x\n", "mnt-y.mount": "" }, "launched");
  cluster.do(place("mnt-x.mount", "a", { exclusive: true, resources: ["device /dev/sdb"] }));
  cluster.do({ kind: "destroy", names: ["mnt-x.mount"], wereGlobal: [] });
  assert.is(cluster.state.units.has("mnt-x.mount"), false);
  const again = cluster.do(place("mnt-y.mount", "b", { exclusive: true, resources: ["device /dev/sdb"] }));
  assert.is(again.ok === false && again.code, "resource-held");
});

test("a decision counts in the term that made it, and in no other", () => {
  const { state } = testCluster("a");
  const envelope = {
    epoch: 2,
    at: 0,
    key: "k",
    command: { kind: "suspect", machine: "a", reason: "silence" } as const,
  };
  const { answer } = apply(state, { index: 99, term: 3 }, envelope);
  assert.is(answer.ok === false && answer.code, "leadership-lost");
  assert.is(state.machines.get("a")?.status, "up");
  // The client's retry under the same key reaches the new leader and is not mistaken for done.
  assert.is(apply(state, { index: 100, term: 2 }, envelope).answer.ok, true);
  assert.is(state.machines.get("a")?.status, "suspect");
});

test("a retried command is answered, not applied again", () => {
  const cluster = testCluster("a");
  cluster.submit({ "x.service": service }, "launched");
  const again: Command = {
    kind: "set-desired",
    names: ["x.service"],
    desired: "launched",
    again: ["x.service"],
  };
  cluster.do(again, "key");
  const { generation } = cluster.state.units.get("x.service")!;
  assert.is(cluster.do(again, "key").ok, true);
  assert.is(cluster.state.units.get("x.service")!.generation, generation);
});

test("a machine that is up cannot be lost", () => {
  const cluster = testCluster("a");
  cluster.submit({ "x.service": service }, "launched");
  cluster.do(place("x.service", "a", { exclusive: true }));
  const { generation } = cluster.state.placements.get("x.service")!;
  const lose: Command = { kind: "lose", held: held("x.service", "a", generation), proof: bound("a") };
  assert.is(cluster.do(lose).ok, false);
  cluster.do({ kind: "suspect", machine: "a", reason: "silence" });
  cluster.machineUp("a");
  assert.is(cluster.do(lose).ok, false, "the suspicion was withdrawn");
  cluster.do({ kind: "suspect", machine: "a", reason: "silence" });
  assert.is(cluster.do(lose).ok, true);
  assert.is(cluster.state.machines.get("a")?.status, "lost");
  assert.is(cluster.state.placements.size, 0);
});

test("a unit that was given up without a lease is not placed as exclusive while the old copy may run", () => {
  const cluster = testCluster("a", "b");
  cluster.submit({ "x.service": service }, "launched");
  cluster.do(place("x.service", "a"));
  const { generation } = cluster.state.placements.get("x.service")!;
  cluster.do({ kind: "suspect", machine: "a", reason: "silence" });
  cluster.do({ kind: "lose", held: held("x.service", "a", generation), proof: bound("a") });
  const refusal = cluster.do(place("x.service", "b", { exclusive: true }));
  assert.is(refusal.ok === false && refusal.code, "unit-loose");
  cluster.do({ kind: "caught", machine: "a", bootId: "boot-of-another-time", unit: "x.service" });
  assert.is(
    cluster.do(place("x.service", "b", { exclusive: true })).ok,
    false,
    "seen absent in another boot",
  );
  cluster.machineUp("a", "boot-2-of-a");
  assert.is(cluster.do(place("x.service", "b", { exclusive: true })).ok, true, "a new boot ended it");
});

test("a submit is taken whole or not at all", () => {
  const cluster = testCluster();
  cluster.submit({ "x.service": service });
  const units = ["x.service", "y.service"].map((name) => ({
    name,
    text: `${service}Restart=always\n`,
    hash: "h",
  }));
  const answer = cluster.do({ kind: "submit", units, replace: false, again: [], wereGlobal: [] });
  assert.equal(answer.ok && answer.value, [
    { name: "x.service", outcome: "differs" },
    { name: "y.service", outcome: "created" },
  ]);
  assert.is(cluster.state.units.has("y.service"), false);
});

test("another machine at a known address is refused", () => {
  const cluster = testCluster("a");
  const { address } = cluster.state.machines.get("a")!;
  const twin = cluster.do({ kind: "enrol", machine: machine("b", { address }) });
  assert.is(twin.ok === false && twin.code, "address-taken");
  const clone = cluster.do({ kind: "enrol", machine: machine("a", { address: "198.51.100.7" }) });
  assert.is(clone.ok === false && clone.code, "machine-id-taken");
});

test("a larger lease stays in force on a machine until it has acknowledged the smaller one", () => {
  const cluster = testCluster("a");
  const { lease } = cluster.state;
  const longer = { ...lease, ttlMs: 6000 };
  cluster.do({ kind: "set-lease", lease: longer });
  cluster.do({ kind: "set-lease", lease });
  assert.is(cluster.state.machines.get("a")?.leaseInForce.ttlMs, 6000);
  cluster.do({ kind: "lease-acknowledged", machine: "a", lease: longer });
  assert.is(cluster.state.machines.get("a")?.leaseInForce.ttlMs, 6000, "an old acknowledgement");
  cluster.do({ kind: "lease-acknowledged", machine: "a", lease });
  assert.is(cluster.state.machines.get("a")?.leaseInForce.ttlMs, lease.ttlMs);
});

/** Commands over few names, so that they meet. */
const commands = (): fc.Arbitrary<Command> => {
  const unit = fc.constantFrom("x.service", "y.service", "z.service");
  const on = fc.constantFrom("a", "b");
  const generation = fc.integer({ min: 1, max: 12 });
  return fc.oneof(
    fc.record({ name: unit, text: fc.constantFrom(service, `${service}Restart=no\n`) }).map(
      ({ name, text }): Command => ({
        kind: "submit",
        units: [{ name, text, hash: "h" }],
        replace: true,
        again: [name],
        wereGlobal: [],
        desired: "launched",
      }),
    ),
    unit.map((name): Command => ({ kind: "destroy", names: [name], wereGlobal: [] })),
    fc
      .tuple(unit, on)
      .map(([name, where]) => place(name, where, { exclusive: true, resources: ["device /dev/sdb"] })),
    fc.tuple(unit, on, generation).map(
      ([name, where, g]): Command => ({
        kind: "release",
        held: held(name, where, g),
        proof: stopped(where),
      }),
    ),
    fc
      .tuple(unit, on, generation)
      .map(
        ([name, where, g]): Command => ({ kind: "lose", held: held(name, where, g), proof: bound(where) }),
      ),
    on.map((name): Command => ({ kind: "suspect", machine: name, reason: "silence" })),
    on.map((name): Command => ({ kind: "machine-up", machine: name, bootId: `boot-of-${name}` })),
  );
};

test("property: a placement goes only by a release of its own generation, and no two machines hold one device", () => {
  fc.assert(
    fc.property(fc.array(commands(), { maxLength: 60 }), (list) => {
      const cluster = testCluster("a", "b");
      for (const command of list) {
        const before = new Map(cluster.state.placements);
        const answer = cluster.do(command);
        for (const [name, was] of before) {
          const now = cluster.state.placements.get(name);
          if (now && now.machine === was.machine) continue;
          assert.ok(
            answer.ok && (command.kind === "release" || command.kind === "lose"),
            `${name} left by ${command.kind}`,
          );
          assert.equal(command.held.units, [{ unit: name, generation: was.generation }]);
        }
        const holders = new Set([...cluster.state.placements.values()].map((placement) => placement.machine));
        assert.ok(holders.size <= 1, "one device, two machines");
      }
    }),
    { numRuns: 500 },
  );
});

test("property: a snapshot is the state", () => {
  fc.assert(
    fc.property(fc.array(commands(), { maxLength: 40 }), (list) => {
      const cluster = testCluster("a", "b");
      list.forEach((command, i) => void cluster.do(command, i % 3 === 0 ? `key ${i}` : undefined));
      assert.equal(loadState(saveState(cluster.state)), cluster.state);
    }),
    { numRuns: 200 },
  );
});

test.run();
