import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { type Parameters, resolveParameters } from "../../src/template/parameter.ts";

const parameters: Parameters = {
  name: { type: "string", meaning: "a name" },
  port: { type: "integer", default: 6379, meaning: "a port" },
  quick: { type: "boolean", default: false, meaning: "speed" },
  where: { type: "path", default: "/mnt//data/", meaning: "a place" },
  after: { type: "unit[]", default: [], meaning: "units" },
};
const resolve = (given: Record<string, unknown>) => resolveParameters(parameters, given, "t.njk");

test("defaults, text from a command line, values from a file", () => {
  assert.equal(resolve({ name: "x" }), {
    name: "x",
    port: 6379,
    quick: false,
    where: "/mnt/data",
    after: [],
  });
  assert.equal(resolve({ name: "", port: "-1", quick: "on", where: "/", after: "a.service" }), {
    name: "",
    port: -1,
    quick: true,
    where: "/",
    after: ["a.service"],
  });
  assert.equal(resolve({ name: "x", port: 1, quick: true, after: ["a.service", "b.socket"] }).after, [
    "a.service",
    "b.socket",
  ]);
});

test("what is wrong, and what to do", () => {
  for (const [given, code, message, hint] of [
    [{}, "missing", "name must be given", "--set name=... (a name)"],
    [
      { name: "x", prt: "1", a: "2" },
      "unknown",
      "no parameter prt, a",
      "its parameters are name, port, quick, where, after",
    ],
    [{ name: "x", port: "6380x" }, "invalid", 'port="6380x" is not of type integer', "give a whole number"],
    [{ name: "x", port: 1.5 }, "invalid", "port=1.5 is not of type integer", "give a whole number"],
    [
      { name: "x", port: "99999999999999999999" },
      "invalid",
      'port="99999999999999999999" is not of type integer',
      "give a whole number",
    ],
    [{ name: "x", quick: "maybe" }, "invalid", 'quick="maybe" is not of type boolean', "give yes or no"],
    [
      { name: "x", where: "../y" },
      "invalid",
      'where="../y" is not of type path',
      "give an absolute path without ..",
    ],
    [
      { name: "a\nExecStart=/bin/sh" },
      "invalid",
      'name="a\\nExecStart=/bin/sh" is not of type string',
      "a string is one line, and is given once",
    ],
    [
      { name: ["a", "b"] },
      "invalid",
      'name=["a","b"] is not of type string',
      "a string is one line, and is given once",
    ],
    [
      { name: "x", after: ["a"] },
      "invalid",
      'after=["a"] is not of type unit[]',
      "give a unit's name, with its type, such as app.service",
    ],
  ] as const)
    assert.throws(
      () => resolve(given),
      (error: unknown) =>
        error instanceof FlotillaError &&
        error.code === `template-parameter-${code}` &&
        error.message === message &&
        error.hint === hint &&
        error.at === "t.njk",
      message,
    );
});

test("a name that every object has is no setting", () => {
  const odd: Parameters = { constructor: { type: "string", meaning: "odd" } };
  assert.throws(() => resolveParameters(odd, {}, "t"), /constructor must be given/);
});

test.run();
