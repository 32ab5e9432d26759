import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { parseUnit } from "../../src/unit/unit.ts";

function unitWith(lines: string, name = "app@1.service") {
  return parseUnit(name, `[Service]\nExecStart=/bin/true\n[X-Fleet]\n${lines}\n`);
}
function refusal(lines: string): string {
  try {
    unitWith(lines);
  } catch (error) {
    if (error instanceof FlotillaError && error.code === "fleet-options-conflict")
      return `${error.at} ${error.message}`;
  }
  return "accepted";
}

test("every option, quoted values, specifiers", () => {
  const { fleet, warnings } = unitWith(
    'MachineOf=%p.socket\nMachineMetadata="disk=ssd" "zone=a b"\nMachineMetadata=disk=nvme\nConflicts=app@*.service db?.service\nConflicts=%N.timer',
  );
  assert.equal(fleet, {
    machineId: undefined,
    machineOf: ["app.socket"],
    metadata: [
      { key: "disk", value: "ssd" },
      { key: "zone", value: "a b" },
      { key: "disk", value: "nvme" },
    ],
    conflicts: ["app@*.service", "db?.service", "app@1.timer"],
    replaces: [],
    isGlobal: false,
  });
  assert.equal(warnings, []);
});

test("the old names; only the first machine id counts", () => {
  assert.is(unitWith("X-ConditionMachineBootID=b\nX-ConditionMachineID=c").fleet.machineId, "c");
  assert.is(unitWith("X-ConditionMachineID=c\nMachineID=d\nMachineID=e").fleet.machineId, "d");
  const { fleet } = unitWith(
    "MachineOf=b.service\nX-ConditionMachineOf=a.service\nX-Conflicts=c*\nX-ConditionMachineMetadata=k=v",
  );
  assert.equal(fleet.machineOf, ["a.service", "b.service"]);
  assert.equal(fleet.conflicts, ["c*"]);
  assert.equal(fleet.metadata, [{ key: "k", value: "v" }]);
});

test("Global: fleet's truths, and the last value wins", () => {
  for (const value of ["true", "YES", "1", "on", "t"])
    assert.ok(unitWith(`Global=${value}`).fleet.isGlobal, value);
  for (const value of ["y", "false", "", "enabled"])
    assert.not(unitWith(`Global=${value}`).fleet.isGlobal, value);
  assert.not(unitWith("Global=true\nGlobal=no").fleet.isGlobal);
});

test("what fleet refuses, in its words", () => {
  for (const [lines, message] of [
    ["MachineID=a\nMachineOf=b.service", "app@1.service:5 MachineID cannot be used with Peers"],
    ["MachineID=a\nConflicts=b", "app@1.service:5 MachineID cannot be used with Conflicts"],
    ["Global=true\nMachineID=f1ee2", "app@1.service:5 MachineID cannot be used with Global"],
    ["MachineID=a\nReplaces=b", "app@1.service:5 MachineID cannot be used with Replaces"],
    ["Global=1\nMachineOf=b.service", "app@1.service:5 Global cannot be used with Peers"],
    ["Global=1\nReplaces=b", "app@1.service:5 Global cannot be used with Replaces"],
    ["Conflicts=a\nReplaces=b", "app@1.service:5 Conflicts cannot be used with Replaces"],
    [
      "MachineOf=b.service\nConflicts=b.*",
      'app@1.service:5 unresolvable requirements: peer "b.service" matches conflict "b.*"',
    ],
    [
      "MachineOf=b.service\nReplaces=*",
      'app@1.service:5 unresolvable requirements: peer "b.service" matches replace "*"',
    ],
    ["Global=1\nMachineMetadata=a=b\nConflicts=c", "accepted"],
  ] as const)
    assert.is(refusal(lines), message);
});

test("what fleet ignores or can never satisfy is a warning", () => {
  const messages = (lines: string) => unitWith(lines).warnings.map(({ at, message }) => `${at} ${message}`);
  assert.equal(messages("Frobnicate=yes"), [
    'app@1.service:4 unrecognized requirement in [X-Fleet] section: "Frobnicate"',
  ]);
  assert.equal(messages("MachineOf="), ["app@1.service:4 MachineOf= names no unit: no machine will ever do"]);
  assert.equal(messages("MachineMetadata=a=b=c"), [
    "app@1.service:4 MachineMetadata=a=b=c is not key=value: it is ignored, as in fleet",
  ]);
  const { warnings } = parseUnit("a.service", "[X-fleet]\nGlobal=true\n");
  assert.match(warnings[0]?.message ?? "", /capital letters count/);
});

test.run();
