import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { isNetworkMount } from "../../src/unit/mount.ts";
import { parseUnit } from "../../src/unit/unit.ts";

const mountOf = (name: string, lines: string) => parseUnit(name, `[Mount]\n${lines}\n`, "f").mount;

test("what is mounted where", () => {
  assert.equal(
    mountOf("mnt-data.mount", "What=nas:/srv\nWhere=/mnt/data/\nType=nfs\nOptions=vers=3,noauto"),
    {
      what: "nas:/srv",
      where: "/mnt/data",
      fsType: "nfs",
      options: "vers=3,noauto",
    },
  );
  assert.is(mountOf("mnt-a\\x2db.mount", "What=/dev/sdb1")?.where, "/mnt/a-b");
  assert.is(mountOf("mnt-data.mount", "What=a\nWhere=%f")?.where, "/mnt/data");
  assert.is(parseUnit("a.service", "[Mount]\nWhat=x").mount, undefined);
});

test("Where= must fit the name, What= must be there", () => {
  for (const [name, lines, code, at] of [
    ["mnt-x.mount", "What=a\nWhere=/mnt/data", "mount-name-mismatch", "f:3"],
    ["mnt-x.mount", "What=a\nWhere=mnt/x", "unit-path-invalid", "f:3"],
    ["mnt-x.mount", "What=a\nWhere=/mnt/../mnt/x", "unit-path-invalid", "f:3"],
    ["mnt-x.mount", "Where=/mnt/x", "mount-what-missing", "f"],
  ] as const)
    assert.throws(
      () => mountOf(name, lines),
      (error: unknown) => error instanceof FlotillaError && error.code === code && error.at === at,
    );
});

test("file systems of the network", () => {
  const mount = { where: "/a", what: "x", options: "" };
  assert.ok(isNetworkMount({ ...mount, fsType: "nfs4" }));
  assert.ok(isNetworkMount({ ...mount, fsType: "fuse.sshfs" }));
  assert.ok(isNetworkMount({ ...mount, fsType: "ext4", options: "noatime,_netdev" }));
  assert.not(isNetworkMount({ ...mount, fsType: "ext4", options: "my_netdev" }));
});

test.run();
