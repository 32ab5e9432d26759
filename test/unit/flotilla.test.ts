import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { parseUnit } from "../../src/unit/unit.ts";

const optionsOf = (lines: string) => parseUnit("app@2.service", `[X-Flotilla]\n${lines}\n`).flotilla;

test("Exclusive and After", () => {
  assert.equal(optionsOf(""), { exclusive: undefined, after: [] });
  assert.equal(optionsOf("Exclusive=yes\nAfter=a.service b@%i.service\nAfter=a.service"), {
    exclusive: true,
    after: ["a.service", "b@2.service"],
  });
  assert.is(optionsOf("Exclusive=no").exclusive, false);
  assert.is(optionsOf("Exclusive=no\nExclusive=").exclusive, undefined);
  assert.equal(optionsOf("After=a.service\nAfter=\nAfter=b.service").after, ["b.service"]);
});

test("a mistake is an error with its line", () => {
  for (const [lines, code, message] of [
    ["\nExclusiv=yes", "flotilla-option-unknown", "unknown option Exclusiv= in [X-Flotilla]"],
    ["\nExclusive=maybe", "flotilla-option-invalid", "Exclusive=maybe is neither yes nor no"],
    ["\nAfter=redis", "flotilla-option-invalid", "After= needs unit names"],
    ['\nAfter="a.service', "unit-file-invalid", "unbalanced quotes in After="],
  ] as const) {
    assert.throws(
      () => optionsOf(lines),
      (error: unknown) =>
        error instanceof FlotillaError &&
        error.code === code &&
        error.message === message &&
        error.at === "app@2.service:3" &&
        error.hint !== undefined,
    );
  }
});

test.run();
