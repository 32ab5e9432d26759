import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { parseTemplate } from "../../src/template/template.ts";

test("the front matter", () => {
  const text = `{#---
summary = "A thing"
unit = "{{ name }}.service"
[parameters.name]
type = "string"
default = "thing"
meaning = "its name"
---#}
[Unit]
`;
  const template = parseTemplate("dir/thing.service.njk", text);
  assert.is(template.name, "thing.service");
  assert.is(template.unit, "{{ name }}.service");
  assert.equal(template.parameters, { name: { type: "string", default: "thing", meaning: "its name" } });
  assert.is(parseTemplate("x/a.mount.njk", '{#---\nsummary = "s"\n---#}\n').unit, "a.mount");
});

test("a broken one, with its place", () => {
  for (const [text, at, message] of [
    ["[Unit]\n", "a.njk:1", /does not begin with its front matter/],
    ['{#---\nsummary = "s"\nx =\n---#}', "a.njk:3", /is not TOML/],
    ["{#---\n---#}", "a.njk", /summary/],
    ['{#---\nsummary = "s"\nfoo = 1\n---#}', "a.njk", /foo/],
    [
      '{#---\nsummary = "s"\n[parameters.a]\ntype = "float"\nmeaning = "m"\n---#}',
      "a.njk",
      /parameters.a.type: one of string, integer/,
    ],
    [
      '{#---\nsummary = "s"\n[parameters.A-b]\ntype = "path"\nmeaning = "m"\n---#}',
      "a.njk",
      /parameters.A-b/,
    ],
  ] as const)
    assert.throws(
      () => parseTemplate("a.njk", text),
      (error: unknown) =>
        error instanceof FlotillaError &&
        error.code === "template-front-matter" &&
        error.at === at &&
        message.test(error.message),
      text,
    );
});

test.run();
