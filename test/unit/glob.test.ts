import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { matchGlob } from "../../src/unit/glob.ts";

// From the tests of Go's path.Match; the last column is false too where Go reports a malformed pattern.
const cases: [pattern: string, name: string, matches: boolean][] = [
  ["abc", "abc", true],
  ["*", "abc", true],
  ["*c", "abc", true],
  ["a*", "a", true],
  ["a*", "ab/c", false],
  ["a*/b", "abc/b", true],
  ["a*/b", "a/c/b", false],
  ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
  ["a*b*c*d*e*/f", "axbxcxdxexxx/f", true],
  ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false],
  ["a*b?c*x", "abxbbxdbxebxczzx", true],
  ["a*b?c*x", "abxbbxdbxebxczzy", false],
  ["ab[c]", "abc", true],
  ["ab[b-d]", "abc", true],
  ["ab[^c]", "abc", false],
  ["ab[^e-g]", "abc", true],
  ["a\\*b", "a*b", true],
  ["a\\*b", "ab", false],
  ["a?b", "a☺b", true],
  ["a[^a]b", "a☺b", true],
  ["[a-ζ]*", "α", true],
  ["*[a-ζ]", "A", false],
  ["a?b", "a/b", false],
  ["[\\]a]", "]", true],
  ["[x\\-]", "-", true],
  ["[]a]", "]", false],
  ["[-]", "-", false],
  ["[x-]", "x", false],
  ["[a-b-c]", "a", false],
  ["[", "a", false],
  ["a[", "a", false],
  ["*x", "xxx", true],
  ["", "", true],
  ["app-hellodb@*.service", "app-hellodb@1.service", true],
  ["app-hellodb@*.service", "app-hellodb@.service", true],
];

test("matches as Go's path.Match", () => {
  for (const [pattern, name, matches] of cases)
    assert.is(matchGlob(pattern, name), matches, `${pattern} on ${name}`);
});

test("a name without special characters matches itself only", () => {
  const plain = fc.string().filter((text) => !/[*?[\\]/.test(text));
  fc.assert(fc.property(plain, plain, (one, other) => matchGlob(one, other) === (one === other)));
});

test("no pattern takes long or throws", () => {
  assert.is(matchGlob(`${"*a".repeat(100)}b`, "a".repeat(250)), false);
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, name) => typeof matchGlob(pattern, name) === "boolean"),
  );
});

test.run();
