import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { openDisk } from "../../src/raft/disk.ts";
import { foundMember, isBlank } from "../../src/raft/found.ts";
import { createId, nameOf, openIdentity, readIdentity } from "../../src/raft/identity.ts";

const root = mkdtempSync(join(tmpdir(), "flotilla-identity-"));
test.after(() => rmSync(root, { recursive: true }));

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => undefined,
    (thrown) => thrown,
  );
  return error instanceof FlotillaError ? error.code : String(error);
}

test("an empty data directory gets an id that no other has, and keeps it", async () => {
  const disk = openDisk(join(root, "a"));
  assert.is(await readIdentity(disk), undefined);
  const identity = await openIdentity(disk, { cluster: "c1", name: "m1" });
  assert.match(identity.id, /^m1\.[0-9a-f]{16}$/);
  assert.is(nameOf(identity.id), "m1");
  assert.equal(await openIdentity(disk, { cluster: "c1", name: "m1" }), identity);
  const other = await openIdentity(openDisk(join(root, "b")), { cluster: "c1", name: "m1" });
  assert.is.not(other.id, identity.id);
});

test("a data directory of another cluster or member is refused", async () => {
  const disk = openDisk(join(root, "a"));
  assert.is(await codeOf(openIdentity(disk, { cluster: "c2", name: "m1" })), "data-directory-foreign");
  assert.is(await codeOf(openIdentity(disk, { cluster: "c1", name: "m2" })), "data-directory-foreign");
});

test("a member is founded once", async () => {
  const disk = openDisk(join(root, "a"));
  assert.ok(await isBlank(disk));
  const first = { members: [{ id: "m1.0", address: "a:1" }], state: "" };
  await foundMember(disk, first);
  assert.not(await isBlank(disk));
  assert.is(await codeOf(foundMember(disk, first)), "data-directory-used");
});

test("an identity without its log, or a log without its identity, is refused", async () => {
  rmSync(join(root, "a", "log"));
  assert.is(await codeOf(readIdentity(openDisk(join(root, "a")))), "log-missing");
  const disk = openDisk(join(root, "c"));
  await foundMember(disk, { members: [{ id: "m1.0", address: "a:1" }], state: "" });
  assert.is(await codeOf(readIdentity(disk)), "identity-missing");
});

test("a name that cannot be in a certificate or a file is refused", () => {
  assert.throws(() => createId("no spaces"), /cannot be a member's name/);
});

test.run();
