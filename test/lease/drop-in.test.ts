import { test } from "uvu";
import * as assert from "uvu/assert";
import { dropIn, dropInPath } from "../../src/lease/drop-in.ts";

const marker =
  "# Written by Flotilla, which starts and stops this unit. Change the unit with `flotillactl submit --replace`.\n";
const bound = (name: string) => `${marker}[Unit]
Requisite=flotilla-lease.target
PartOf=flotilla-lease.target
After=flotilla-lease.target
AssertFileNotEmpty=/run/flotilla/valid
AssertPathExists=/run/flotilla/placed/${name}
`;
const exclusive = (name: string, text = "") => dropIn({ name, text, isExclusive: true });

test("it sorts last, in the directory of the very unit", () => {
  assert.is(dropInPath("app@1.service"), "/run/systemd/system/app@1.service.d/zz-flotilla.conf");
});

test("a unit that is not exclusive is only marked as ours", () => {
  assert.is(dropIn({ name: "a.service", text: "", isExclusive: false }), marker);
});

test("exclusive units are bound to the lease and live in its slice, by the section of their type", () => {
  for (const [type, section] of [
    ["service", "Service"],
    ["mount", "Mount"],
    ["socket", "Socket"],
    ["swap", "Swap"],
  ])
    assert.is(exclusive(`a.${type}`), `${bound(`a.${type}`)}[${section}]\nSlice=flotilla.slice\n`);
});

test("types without processes have no slice", () => {
  for (const type of ["timer", "path", "automount", "target"])
    assert.is(exclusive(`a.${type}`), bound(`a.${type}`));
});

test("the gate is the unit's own, with systemd's escapes as they are", () => {
  assert.match(exclusive("mnt-a\\x20b.mount"), "AssertPathExists=/run/flotilla/placed/mnt-a\\x20b.mount\n");
  assert.match(exclusive("app@1.service"), "AssertPathExists=/run/flotilla/placed/app@1.service\n");
});

test("a stop must leave no process behind, or it proves nothing", () => {
  for (const line of ["KillMode=none", "KillMode = process", "SendSIGKILL=no", "  sendsigkill=0"])
    assert.match(exclusive("a.service", `[Service]\n${line}\n`), "KillMode=control-group\nSendSIGKILL=yes\n");
  assert.not.match(exclusive("a.service", "[Service]\nKillMode=mixed\n#KillMode=none\n"), "KillMode");
});

test("an exclusive mount is not unmounted lazily", () => {
  const lazy = "[Mount]\nWhat=/dev/sdb\nLazyUnmount=yes\n";
  assert.match(exclusive("mnt-a.mount", lazy), "[Mount]\nSlice=flotilla.slice\nLazyUnmount=no\n");
  assert.not.match(exclusive("mnt-a.mount", "[Mount]\nWhat=/dev/sdb\n"), "Lazy");
});

test.run();
