import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeError, FlotillaError } from "../../src/error.ts";
import { openDisk } from "../../src/raft/disk.ts";

const path = mkdtempSync(join(tmpdir(), "flotilla-disk-"));
test.after(() => rmSync(path, { recursive: true }));

test("a full disk: which file, why, and what to do", async () => {
  symlinkSync("/dev/full", join(path, "log"));
  const file = await openDisk(path).append("log");
  try {
    file.write(Buffer.from("a record"));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FlotillaError);
    assert.is(describeError(error), `${path}/log: cannot be written: ENOSPC: no space left on device, write`);
    assert.match((error as FlotillaError).hint ?? "", "make space there");
  } finally {
    await file.close();
  }
});

test("a file that could not be replaced leaves nothing behind", async () => {
  await mkdir(join(path, "taken"));
  const failed = await openDisk(path)
    .replace("taken", Buffer.from("content"))
    .catch((error) => error.code);
  assert.is(failed, "disk-failed");
  assert.not(existsSync(join(path, "taken.new")));
});

test.run();
