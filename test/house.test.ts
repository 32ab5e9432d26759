import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

// The house rules that no linter knows: which way imports run, and how large a file may grow.

/** A folder of src/ may import those above it, never those below. */
const folders = [
  "", // src/ itself: errors, clock, log
  "unit",
  "template",
  "lease",
  "cluster",
  "schedule",
  "machine",
  "reconcile",
  "raft",
  "leader",
  "api",
  "bootstrap",
  "cli",
  "daemon",
] as const;
const LINES_MAX = 300;

const src = new URL("../src/", import.meta.url).pathname;
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const folderOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "");
const rankOf = (file: string): number => folders.indexOf(folderOf(file) as (typeof folders)[number]);

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) =>
    relative(src, normalize(join(src, dirname(file), match[1] ?? ""))),
  );
}

test("imports run one way", () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.endsWith(".ts") && rankOf(target) > rankOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  assert.equal(wrong, []);
});

test("every folder has its place", () => {
  assert.equal([...new Set(files.filter((file) => rankOf(file) < 0).map(folderOf))], []);
});

test(`no file has more than ${LINES_MAX} lines`, () => {
  const long = files.filter((file) => readFileSync(join(src, file), "utf8").split("\n").length > LINES_MAX);
  assert.equal(long, []);
});

test("what decides reads no clock, no disk and no network", () => {
  const pure = ["unit", "cluster", "schedule"];
  const impure =
    /\b(Date\.now|Math\.random|performance\.now|setTimeout|process\.)|from "node:(fs|net|http|child_process|timers)/;
  const wrong = files.filter(
    (file) => pure.includes(folderOf(file)) && impure.test(readFileSync(join(src, file), "utf8")),
  );
  assert.equal(wrong, []);
});

test.run();
