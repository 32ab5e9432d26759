import { Client } from "ssh2";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { FlotillaError } from "../../src/error.ts";
import { type Files, fileBytesMax, guardedFiles } from "../../src/machine/files.ts";
import { createLifetime } from "../../src/machine/lifetime.ts";

function guarded(files: Partial<Files>) {
  const life = createLifetime();
  const connection = { client: new Client(), user: "root", at: "m1", clock: systemClock, life };
  const nothing = async (): Promise<never> => {
    throw new Error("nothing should have been asked of the machine");
  };
  return {
    life,
    files: guardedFiles({ write: nothing, remove: nothing, read: nothing, ...files }, connection),
  };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "resolved",
    (error) => error.code,
  );

test("paths that are not plain and absolute never reach the machine", async () => {
  const { files } = guarded({});
  for (const path of ["", "/", "a", "/a/", "/a/../b", "/a\nb", "/a\0", "//"]) {
    assert.is(await codeOf(files.write([{ path, text: "" }])), "path-invalid", path);
    assert.is(await codeOf(files.remove(["/fine", path])), "path-invalid", path);
    assert.is(await codeOf(files.read([path])), "path-invalid", path);
  }
  assert.is(
    await codeOf(files.write([{ path: "/a", text: "é".repeat(fileBytesMax / 2 + 1) }])),
    "file-failed",
  );
});

test("no files are no work", async () => {
  const { files } = guarded({});
  await files.write([]);
  await files.remove([]);
  assert.equal(await files.read([]), new Map());
});

test("when the connection ends, so does the waiting", async () => {
  const { files, life } = guarded({ write: () => new Promise(() => {}) });
  const writing = codeOf(files.write([{ path: "/a", text: "" }]));
  life.end(new FlotillaError("machine-silent", "gone"));
  assert.is(await writing, "machine-silent");
});

test.run();
