import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { FlotillaError } from "../error.ts";
import { findTemplate } from "./find.ts";
import type { Settings } from "./parameter.ts";
import { type RenderedUnit, renderTemplate } from "./render.ts";

/**
 * The unit that a template on the command line stands for: `redis.service.njk`, `--set port=6380`,
 * `--values values.toml`. A setting wins over the file; given several times it makes a list.
 * @throws FlotillaError for everything that can be wrong with one of them
 */
export async function renderArgument(
  argument: string,
  sets: readonly string[],
  valuesFile?: string,
): Promise<RenderedUnit> {
  const template = await findTemplate(argument);
  const values = valuesFile === undefined ? {} : await readValues(valuesFile);
  return renderTemplate(template, { ...values, ...parseSets(sets) });
}

/** `name=value` of every --set; the value may be empty and may contain `=`. */
export function parseSets(sets: readonly string[]): Settings {
  const settings = new Map<string, string | string[]>();
  for (const set of sets) {
    const [, name, value = ""] = /^([^=]+)=([\s\S]*)$/.exec(set) ?? [];
    if (name === undefined)
      throw new FlotillaError("template-set-invalid", `--set ${set} is not NAME=VALUE`, {
        hint: "for example --set port=6380",
      });
    const before = settings.get(name);
    settings.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(settings);
}

async function readValues(file: string): Promise<Settings> {
  try {
    const text = await readFile(file, "utf8");
    const content: unknown = file.endsWith(".json") ? JSON.parse(text) : parse(text);
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
  } catch (cause) {
    throw new FlotillaError("template-values-unreadable", `cannot read values from ${file}`, { cause });
  }
  throw new FlotillaError("template-values-unreadable", `${file} holds no names with values`, {
    hint: 'write NAME = VALUE in TOML, or {"NAME": VALUE} in a .json file',
  });
}
