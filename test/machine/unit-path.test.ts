import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unitOfPath, unitPath } from "../../src/machine/unit-path.ts";

const units = "/org/freedesktop/systemd1/unit/";

test("names are escaped as systemd escapes them", () => {
  assert.is(unitPath("foo@1.service"), `${units}foo_401_2eservice`);
  assert.is(unitPath("1a.mount"), `${units}_31a_2emount`);
  assert.is(unitPath("mnt-a\\x2db.mount"), `${units}mnt_2da_5cx2db_2emount`);
  assert.is(unitOfPath("/org/freedesktop/systemd1/job/7"), undefined);
});

test("every name comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const path = unitPath(name);
      assert.match(path, /^[A-Za-z0-9_/]+$/);
      assert.is(unitOfPath(path), name);
    }),
  );
});

test.run();
