import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultLease, leaseParameters } from "../../src/lease/bound.ts";
import { machineFiles } from "../../src/lease/machine-files.ts";

const textOf = (name: string, lease = defaultLease) =>
  machineFiles(lease).find(({ path }) => path.endsWith(name))?.text;

test("everything lies where a boot removes it", () => {
  assert.equal(
    machineFiles(defaultLease).map(({ path }) => path),
    [
      "/run/systemd/system/flotilla-guard.sh",
      "/run/systemd/system/flotilla-guard@.service",
      "/run/systemd/system/flotilla-lease.target",
      "/run/systemd/system/flotilla-held.service",
      "/run/systemd/system/flotilla.slice",
    ],
  );
});

test("the guard is bash, and carries the parameters in centiseconds", () => {
  const slow = leaseParameters({ graceMs: 2_000, unmountAfterMs: 5_000, rebootAfterMs: 9_000 });
  const text = textOf("flotilla-guard.sh", slow) ?? "";
  execFileSync("bash", ["-n", "-c", text]);
  assert.match(text, "\nGRACE=200 UNMOUNT=500 REBOOT=900 TICK=20\n");
  assert.match(textOf("flotilla-guard.sh") ?? "", "\nGRACE=50 UNMOUNT=30 REBOOT=70 TICK=20\n");
});

test("nothing pulls the lease target in but its companion's order", () => {
  for (const { text } of machineFiles(defaultLease))
    assert.not.match(text, /(Wants|BindsTo|Requires)=flotilla-lease/);
});

test.run();
