import { test } from "uvu";
import * as assert from "uvu/assert";
import { normalizePath, parentPath } from "../../src/unit/path.ts";

test("normalized as systemd does it", () => {
  for (const [path, normal] of [
    ["/a/b", "/a/b"],
    ["//a/./b//", "/a/b"],
    ["/", "/"],
    ["/a/..b", "/a/..b"],
    ["/a/../b", undefined],
    ["a", undefined],
    ["", undefined],
    ["/a\0", undefined],
  ] as const)
    assert.is(normalizePath(path), normal);
});

test("parents", () => {
  assert.is(parentPath("/a/b"), "/a");
  assert.is(parentPath("/a"), "/");
  assert.is(parentPath("/"), undefined);
});

test.run();
