import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openStateDirectory } from "../../src/bootstrap/state-dir.ts";

const home = mkdtempSync(join(tmpdir(), "flotilla-"));
const path = join(home, "harbour.flotilla");
test.after(() => rmSync(home, { recursive: true }));

test("a dry run leaves nothing behind", () => {
  const state = openStateDirectory(path, "harbour", true);
  state.pinHostKey("192.0.2.1:22", "ssh-ed25519 A");
  state.write("ca.key", "secret");
  assert.is(state.read("ca.key"), "secret");
  assert.not(existsSync(path));
});

test("what was remembered is there the next time, for its owner alone", () => {
  const state = openStateDirectory(path, "harbour", false);
  state.pinHostKey("192.0.2.1:22", "ssh-ed25519 A");
  state.noteClock("m1", true);
  state.setFounding("begun");
  state.write("ca.key", "secret");
  assert.is(statSync(path).mode & 0o777, 0o700);
  assert.is(statSync(join(path, "ca.key")).mode & 0o777, 0o600);
  state.unlock();
  const again = openStateDirectory(path, "harbour", false);
  assert.equal(
    [again.cluster, again.founding(), again.hostKey("192.0.2.1:22"), again.isClockBounded("m1")],
    [state.cluster, "begun", "ssh-ed25519 A", true],
  );
  assert.is(again.read("ca.key"), "secret");
  again.unlock();
});

test("two at once are refused, a dead one's lock is not heeded", () => {
  writeFileSync(join(path, "lock"), "1\n");
  assert.throws(() => openStateDirectory(path, "harbour", false), "process 1 is bootstrapping this cluster");
  writeFileSync(join(path, "lock"), "4194305\n");
  openStateDirectory(path, "harbour", false).unlock();
});

test("another cluster's directory is refused", () => {
  assert.throws(
    () => openStateDirectory(path, "port", true),
    "harbour.flotilla belongs to another cluster than port",
  );
});

test.run();
