import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { escapeName, escapePath, mountUnitName, unescapeName, unescapePath } from "../../src/unit/escape.ts";

/** No lone surrogates: bytes cannot say them. */
const isUnicode = (text: string) => Buffer.from(text).toString() === text;

test("paths", () => {
  for (const [path, escaped] of [
    ["/mnt/data", "mnt-data"],
    ["/", "-"],
    ["//a//b/", "a-b"],
    ["/a/./b", "a-b"],
    ["/.x/y", "\\x2ex-y"],
    ["/a b/c-d", "a\\x20b-c\\x2dd"],
    ["/é", "\\xc3\\xa9"],
  ] as const)
    assert.is(escapePath(path), escaped);
  assert.is(mountUnitName("/mnt/data"), "mnt-data.mount");
  for (const path of ["a/b", "/a/../b", "", ".."]) assert.throws(() => escapePath(path), /not a normalized/);
});

test("unescaping is the way back, and refuses a stray backslash", () => {
  assert.is(unescapePath("mnt-data"), "/mnt/data");
  assert.is(unescapePath("-"), "/");
  assert.is(unescapeName("a\\x2db-c"), "a-b/c");
  assert.is(unescapeName("a\\xzz"), undefined);
  assert.is(unescapePath("a\\"), undefined);
});

test("any text survives the round trip", () => {
  const noSlash = fc.string({ unit: "binary" }).filter((text) => isUnicode(text) && !text.includes("-"));
  fc.assert(fc.property(noSlash, (text) => assert.is(unescapeName(escapeName(text)), text)));
  const part = fc
    .string({ minLength: 1, maxLength: 9 })
    .filter((text) => !/[/\0]|^\.\.?$/.test(text) && isUnicode(text));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const path = `/${parts.join("/")}`;
      assert.is(unescapePath(escapePath(path)), path);
    }),
  );
});

test("systemd-escape says the same", () => {
  if (!existsSync("/usr/bin/systemd-escape")) return;
  const texts = ["a b-c.d/é", ".x", "a.b", "a//b", "x@y:z_", "\\x2d", "~'\"$"];
  const theirs = execFileSync("systemd-escape", ["--", ...texts], { encoding: "utf8" });
  assert.is(texts.map(escapeName).join(" "), theirs.trim());
  const paths = ["/mnt/data", "/", "//a//b/", "/.x/.y", "/a b/ü-1/"];
  const theirPaths = execFileSync("systemd-escape", ["-p", "--", ...paths], { encoding: "utf8" });
  assert.is(paths.map(escapePath).join(" "), theirPaths.trim());
});

test.run();
