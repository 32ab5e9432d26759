import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSshAddress } from "../../src/cli/enrolment.ts";

test("user, host and port, IPv6 too", () => {
  const root = { user: "root", port: 22 };
  assert.equal(parseSshAddress("10.0.0.1"), { ...root, address: "10.0.0.1" });
  assert.equal(parseSshAddress("core@m1.example:2222"), { user: "core", address: "m1.example", port: 2222 });
  assert.equal(parseSshAddress("fd00::1"), { ...root, address: "fd00::1" });
  assert.equal(parseSshAddress("[fd00::1]:2222"), { ...root, address: "fd00::1", port: 2222 });
  for (const wrong of ["", "@host", "host:99999", "host:"])
    assert.throws(() => parseSshAddress(wrong), wrong);
});

test.run();
