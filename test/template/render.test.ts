import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { renderTemplate } from "../../src/template/render.ts";
import { parseTemplate } from "../../src/template/template.ts";

const head =
  '{#---\nsummary = "s"\n[parameters.tags]\ntype = "string[]"\ndefault = ["a<b", "c"]\nmeaning = "m"\n---#}\n';
const render = (body: string) => renderTemplate(parseTemplate("d/x.service.njk", head + body), {}).text;
function refusal(body: string): string {
  try {
    return render(body);
  } catch (error) {
    if (error instanceof FlotillaError) return `${error.code} at ${error.at}: ${error.message}`;
    throw error;
  }
}

test("loops and conditions leave no empty lines behind, nothing is HTML", () => {
  const body =
    "[Unit]\n{% for tag in tags %}\nA={{ tag }}{{ loop.index }}\n{% endfor %}\n{% if tags.length > 9 %}\nB=1\n{% endif %}\n{% set n = 3 %}\nC={{ n }}\n";
  assert.is(render(body), "[Unit]\nA=a<b1\nA=c2\nC=3\n");
});

test("an undefined variable is an error wherever it stands", () => {
  const undefinedAt = (line: number) =>
    `template-variable-undefined at d/x.service.njk:${line}: typo is not a parameter of the template`;
  assert.is(refusal("[Unit]\nA={{ typo }}\n"), undefinedAt(9));
  assert.is(refusal("[Unit]\n\n{% if typo %}\n{% endif %}\n"), undefinedAt(10));
  assert.is(refusal('[Unit]\n{% for x in typo %}\n{% endfor %}A={{ "a" }}\n'), undefinedAt(9));
  assert.is(refusal("[Unit]\nA={{ typo | default(1) }}\n"), undefinedAt(9));
  assert.match(
    refusal("[Unit]\nA={{ tags.typo }}\n"),
    /^template-render at d\/x.service.njk:9: attempted to output null or undefined/,
  );
});

test("what nunjucks or a filter refuses", () => {
  assert.match(
    refusal("[Unit]\n{% end %}\n"),
    /^template-render at d\/x.service.njk:9: unknown block tag: end/,
  );
  assert.match(refusal("[Unit]\nA={{ tags | nix }}\n"), /^template-render at .*filter not found: nix/);
  assert.match(refusal("[Unit]\nA={{ tags | mountUnit }}\n"), /^template-filter|^template-render/);
  assert.match(refusal('{% include "x" %}'), /^template-render/);
});

test("what comes out must be a unit", () => {
  assert.is(
    refusal("[X-Flotilla]\nExclusiv=yes\n"),
    "flotilla-option-unknown at x.service (from d/x.service.njk):2: unknown option Exclusiv= in [X-Flotilla]",
  );
});

test("the name of the unit may depend on the parameters", () => {
  const template = parseTemplate(
    "m.mount.njk",
    '{#---\nsummary = "s"\nunit = "{{ where | mountUnit }}"\n[parameters.where]\ntype = "path"\nmeaning = "m"\n---#}\n[Mount]\nWhat=x\nWhere={{ where }}\n',
  );
  assert.equal(renderTemplate(template, { where: "/mnt/a-b" }), {
    name: "mnt-a\\x2db.mount",
    text: "[Mount]\nWhat=x\nWhere=/mnt/a-b\n",
  });
});

test.run();
