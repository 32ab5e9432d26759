import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { filters } from "../../src/template/filter.ts";
import { parseUnitName } from "../../src/unit/name.ts";
import { expandSpecifiers } from "../../src/unit/specifier.ts";
import { splitWords } from "../../src/unit/words.ts";

function apply(filter: string, input: unknown): string | undefined {
  return filters[filter]?.(input);
}

test("each filter", () => {
  for (const [filter, input, output] of [
    ["systemdEscape", "a b/c-d", "a\\x20b-c\\x2dd"],
    ["systemdEscapePath", "/mnt/data", "mnt-data"],
    ["mountUnit", "/mnt/my data", "mnt-my\\x20data.mount"],
    ["percent", "100%", "100%%"],
    ["quote", "plain-1.2/x=y", "plain-1.2/x=y"],
    ["quote", 'a "b" \\c %d', '"a \\"b\\" \\\\c %%d"'],
    ["quote", "", '""'],
    ["quote", ["a", "b c"], 'a "b c"'],
    ["quoteExec", ["echo", "$HOME", ";"], 'echo "$$HOME" ";"'],
    ["quoteExec", 6379, "6379"],
    ["environment", ["A=1", "B=x y$"], 'A=1 "B=x y$"'],
  ] as const)
    assert.is(apply(filter, input), output, `${filter} of ${input}`);
});

test("what a filter cannot take", () => {
  assert.throws(() => apply("environment", "1A=x"), /not NAME=value/);
  assert.throws(() => apply("mountUnit", "data"), /not a normalized absolute path/);
  assert.throws(() => apply("quote", undefined), /needs a text/);
});

test("systemd reads back what was quoted", () => {
  const unit = parseUnitName("a.service");
  const word = fc.string().filter((text) => !/[\0-\x1f]/.test(text));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const read = splitWords(apply("quote", words) ?? "", "drop");
      assert.equal(
        read?.map((one) => expandSpecifiers(one, unit)),
        words,
      );
    }),
  );
});

test.run();
