import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUnit } from "../../src/unit/unit.ts";

test("requirements: three options, each name once, no reset, specifiers expanded", () => {
  const { requires, warnings } = parseUnit(
    "app@1.service",
    '[Unit]\nRequires=a.service db@%i.service\nRequires=\nBindsTo=a.service "b\\x20c.mount"\nRequisite=%H.service d\nWants=e.service\n',
  );
  assert.equal(requires, ["a.service", "db@1.service", "b\\x20c.mount"]);
  assert.equal(
    warnings.map(({ at, message }) => `${at} ${message}`),
    [
      "app@1.service:5 Requisite=%H.service has a specifier that only a machine can expand: the cluster ignores it",
      'app@1.service:5 "d" is not a unit name: systemd ignores it',
    ],
  );
});

test("what starts what", () => {
  for (const [name, text, triggers] of [
    ["a@1.timer", "[Timer]\nOnCalendar=daily", ["a@1.service"]],
    ["a.timer", "[Timer]\nUnit=b.service\nUnit=c.service", ["c.service"]],
    ["a.path", "[Path]\nPathExists=/x", ["a.service"]],
    ["a.socket", "[Socket]\nListenStream=80", ["a.service"]],
    ["a.socket", "[Socket]\nService=web.service", ["web.service"]],
    ["a.socket", "[Socket]\nAccept=yes", ["a@.service"]],
    ["mnt-a.automount", "[Automount]\nWhere=/mnt/a", ["mnt-a.mount"]],
    ["a.service", "[Service]\nSockets=x.socket y.socket", ["x.socket", "y.socket"]],
    ["a.target", "[Unit]", []],
  ] as const)
    assert.equal(parseUnit(name, text).triggers, triggers, name);
});

test.run();
