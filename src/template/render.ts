import nunjucks from "nunjucks";
import { FlotillaError } from "../error.ts";
import { parseUnit } from "../unit/unit.ts";
import { filters } from "./filter.ts";
import { resolveParameters, type Settings, type Value } from "./parameter.ts";
import type { Template } from "./template.ts";

export interface RenderedUnit {
  readonly name: string;
  readonly text: string;
}

/**
 * Renders a template with these settings into a unit that parses.
 * @throws FlotillaError of the parameters; `template-variable-undefined` or `template-render` with the template's file
 *   and line where nunjucks tells; or of the unit that came out
 */
export function renderTemplate(template: Template, settings: Settings): RenderedUnit {
  const values = resolveParameters(template.parameters, settings, template.source);
  const name = renderText(template.unit, values, template.source);
  const text = renderText(template.text, values, template.source);
  parseUnit(name, text, `${name} (from ${template.source})`);
  return { name, text };
}

function renderText(text: string, values: Readonly<Record<string, Value>>, source: string): string {
  const environment = new nunjucks.Environment(null, {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  for (const [name, filter] of Object.entries(filters)) environment.addFilter(name, filter);
  // nunjucks looks among its globals for every name that is neither a parameter nor a variable of the template.
  // throwOnUndefined alone would let `{% if typo %}` pass.
  let undefinedName: string | undefined;
  const noGlobals: ProxyHandler<object> = {
    has: () => true,
    get: (_, name) => {
      undefinedName = String(name);
      throw new Error("undefined");
    },
  };
  Object.defineProperty(environment, "globals", { value: new Proxy({}, noGlobals) });
  try {
    return new nunjucks.Template(text, environment, source, true).render({ ...values });
  } catch (error) {
    throw undefinedName === undefined
      ? renderError(error, source)
      : undefinedError(undefinedName, text, source);
  }
}

function undefinedError(name: string, text: string, source: string): FlotillaError {
  const line = text.split("\n").findIndex((one) => one.includes("{") && one.includes(name)) + 1;
  return new FlotillaError("template-variable-undefined", `${name} is not a parameter of the template`, {
    at: line > 0 ? `${source}:${line}` : source,
    hint: `declare it in the front matter as [parameters.${name}]`,
  });
}

/** nunjucks writes `(path) [Line 1, Column 2]\n  message`; lines count from 0 in what is thrown while rendering. */
function renderError(error: unknown, source: string): FlotillaError {
  const [first = "", ...rest] = (error instanceof Error ? error.message : String(error)).split("\n");
  const message = rest.join(" ").trim() || first;
  const isThrown = /^\w*Error: /.test(message);
  const line = /\[Line (\d+)/.exec(first)?.[1];
  return new FlotillaError("template-render", message.replace(/^(Flotilla)?Error: /, ""), {
    at: line === undefined ? source : `${source}:${Number(line) + (isThrown ? 1 : 0)}`,
  });
}
