import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { isUnitName, parseUnitName } from "../../src/unit/name.ts";

test("a name is taken apart at the first @ and the last dot", () => {
  assert.equal(parseUnitName("app-redis.service"), {
    name: "app-redis.service",
    prefix: "app-redis",
    instance: undefined,
    type: "service",
    isTemplate: false,
    template: undefined,
  });
  assert.equal(parseUnitName("app.v2@a@b.c.socket"), {
    name: "app.v2@a@b.c.socket",
    prefix: "app.v2",
    instance: "a@b.c",
    type: "socket",
    isTemplate: false,
    template: "app.v2@.socket",
  });
  assert.equal(parseUnitName("app@.service").isTemplate, true);
  assert.equal(parseUnitName("app@.service").template, undefined);
});

test("what systemd accepts and refuses", () => {
  const longest = `${"a".repeat(255 - ".service".length)}.service`;
  for (const good of ["a.service", "mnt-a\\x20b.mount", "-.mount", "a:b_c.d@x.timer", longest])
    assert.ok(isUnitName(good), good);
  for (const bad of [
    "",
    "a",
    ".service",
    "@.service",
    "@1.service",
    "a.unit",
    "a b.service",
    "a/b.service",
    "ä.service",
    "mnt@.mount",
    "x@1.slice",
    `a${longest}`,
  ])
    assert.not.ok(isUnitName(bad), bad);
});

test("an error says what is wrong and what to do", () => {
  assert.throws(
    () => parseUnitName("app redis.service"),
    (error: unknown) =>
      error instanceof FlotillaError &&
      error.code === "unit-name-invalid" &&
      error.message === 'invalid unit name "app redis.service": it contains " "' &&
      error.hint === "escape it with systemd-escape(1), or rename it",
  );
});

test("no input is anything but a name or an error of ours", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      try {
        assert.is(parseUnitName(name).name, name);
      } catch (error) {
        assert.instance(error, FlotillaError);
      }
    }),
  );
});

test.run();
