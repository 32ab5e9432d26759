import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitWords } from "../../src/unit/words.ts";

test("words, quotes, backslashes", () => {
  for (const [value, kept, dropped] of [
    ["", [], []],
    [" a  b\tc ", ["a", "b", "c"], ["a", "b", "c"]],
    [`"a b" 'c "d' e"f g"h`, ["a b", 'c "d', "ef gh"], ["a b", 'c "d', "ef gh"]],
    ['""', [""], [""]],
    ["a\\x20b", ["a\\x20b"], ["ax20b"]],
    ["a\\ b", ["a\\", "b"], ["a b"]],
    ['"a', undefined, undefined],
    ["a\\", ["a\\"], undefined],
  ] as const) {
    assert.equal(splitWords(value, "keep"), kept, value);
    assert.equal(splitWords(value, "drop"), dropped, value);
  }
});

test("quoted words come back", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const value = words.map((word) => `"${word.replace(/[\\"]/g, "\\$&")}"`).join(" ");
      assert.equal(splitWords(value, "drop"), words);
    }),
  );
});

test.run();
