import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkShown, type Shown } from "../../src/lease/shown.ts";

const good: Shown = {
  fragmentPath: "/run/systemd/system/a.service",
  dropInPaths: [
    "/usr/lib/systemd/system/service.d/10-timeout.conf",
    "/run/systemd/system/a.service.d/zz-flotilla.conf",
  ],
  slice: "flotilla.slice",
  requisite: ["flotilla-lease.target"],
  asserts: ["AssertFileNotEmpty=/run/flotilla/valid", "AssertPathExists=/run/flotilla/placed/a.service"],
  needDaemonReload: false,
};
const ours = "/run/systemd/system/a.service.d/zz-flotilla.conf";
const faults = (change: Partial<Shown>) => checkShown("a.service", { ...good, ...change });

test("what was pushed is what runs", () => assert.equal(faults({}), []));

test("a file in /etc in its place", () => {
  assert.equal(faults({ fragmentPath: "/etc/systemd/system/a.service" }), [
    {
      at: "/etc/systemd/system/a.service",
      message: "runs in place of the pushed /run/systemd/system/a.service",
    },
  ]);
});

test("a drop-in in /etc, or one that sorts after ours", () => {
  const etc = "/etc/systemd/system/a.service.d/10-local.conf";
  assert.equal(faults({ dropInPaths: [etc, ours] }), [
    { at: etc, message: "changes a.service on this machine alone" },
  ]);
  const later = "/usr/lib/systemd/system/a.service.d/zzz.conf";
  assert.equal(faults({ dropInPaths: [ours, later] }), [{ at: later, message: `overrides ${ours}` }]);
  assert.equal(faults({ dropInPaths: [] }), [{ at: ours, message: "is not in force" }]);
});

test("values that something reset", () => {
  assert.equal(
    faults({
      slice: "system.slice",
      requisite: [],
      asserts: ["AssertPathExists=|/run/flotilla/placed/a.service"],
      needDaemonReload: true,
    }),
    [
      { at: good.fragmentPath, message: "is not what systemd has loaded" },
      { at: ours, message: "Slice is system.slice, not flotilla.slice" },
      { at: ours, message: "Requisite=flotilla-lease.target is missing" },
      { at: ours, message: "AssertFileNotEmpty=/run/flotilla/valid is missing" },
      { at: ours, message: "AssertPathExists=/run/flotilla/placed/a.service is missing" },
    ],
  );
});

test("a timer has no slice", () => {
  const shown = {
    ...{ ...good, fragmentPath: "/run/systemd/system/a.timer", slice: "" },
    dropInPaths: ["/run/systemd/system/a.timer.d/zz-flotilla.conf"],
    asserts: ["AssertFileNotEmpty=/run/flotilla/valid", "AssertPathExists=/run/flotilla/placed/a.timer"],
  };
  assert.equal(checkShown("a.timer", shown), []);
});

test.run();
