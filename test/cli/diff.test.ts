import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unifiedDiff } from "../../src/cli/diff.ts";

const hasPatch = spawnSync("patch", ["--version"]).status === 0;

(hasPatch ? test : test.skip)("patch(1) makes one text of the other", () => {
  const directory = mkdtempSync(join(tmpdir(), "flotilla-diff-"));
  const file = join(directory, "file");
  const text = fc.array(fc.constantFrom("a", "b", "c", "d=1", ""), { maxLength: 25 }).map(toText);
  try {
    void fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff(before, after, "a/file", "b/file");
        if (before === after) return assert.equal(diff, []);
        writeFileSync(file, before);
        const args = ["--silent", "--output=-", file];
        assert.is(execFileSync("patch", args, { input: toText(diff), encoding: "utf8" }), after);
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

test("context of three lines, a hunk for each change far from the others", () => {
  const before = Array.from({ length: 20 }, (_, line) => `line ${line}`);
  const after = before.with(2, "changed").toSpliced(15, 1);
  assert.equal(unifiedDiff(toText(before), toText(after), "old", "new"), [
    "--- old",
    "+++ new",
    "@@ -1,6 +1,6 @@",
    " line 0",
    " line 1",
    "-line 2",
    "+changed",
    " line 3",
    " line 4",
    " line 5",
    "@@ -13,7 +13,6 @@",
    " line 12",
    " line 13",
    " line 14",
    "-line 15",
    " line 16",
    " line 17",
    " line 18",
  ]);
});

test.run();
