import { basename, dirname, join } from "node:path";
import { usageError } from "./exit.ts";

/** What the user gave for a unit: the name it has in the cluster, and the file that it may be on this machine's disk. */
export interface UnitArgument {
  readonly name: string;
  readonly path: string;
  /** Of an instance: its template, and the file that this may be. */
  readonly template: { readonly name: string; readonly path: string } | undefined;
  /** What a unit template (.njk) became. */
  readonly rendered?: string;
}

export interface TemplateSettings {
  /** `name=value`, as given with --set. */
  readonly set?: readonly string[];
  /** A file of values. */
  readonly values?: string;
}

const knownSuffix = /\.(service|socket|timer|path|device|mount|automount|swap|target|slice|scope)$/;
const instanceName = /^(.+@)[^@]+(\.\w+)$/;

/** `dir/foo` is the unit `foo.service`, perhaps in the file `dir/foo.service`. */
export function parseUnitArgument(argument: string): UnitArgument {
  const stem = argument.replace(/\.njk$/, "");
  const path = knownSuffix.test(stem) ? stem : `${stem}.service`;
  const name = basename(path);
  const instance = instanceName.exec(name);
  if (instance === null) return { name, path, template: undefined };
  const template = `${instance[1]}${instance[2]}`;
  return { name, path, template: { name: template, path: join(dirname(path), template) } };
}

/** Each unit once, in the order given. @throws FlotillaError `usage` without any */
export function parseUnitArguments(given: readonly string[]): UnitArgument[] {
  return unique(given.map(parseUnitArgument));
}

/** As parseUnitArguments; unit templates are rendered, since the unit's name may depend on the settings. */
export async function renderUnitArguments(
  given: readonly string[],
  settings: TemplateSettings,
): Promise<UnitArgument[]> {
  return unique(await Promise.all(given.map((argument) => renderUnitArgument(argument, settings))));
}

async function renderUnitArgument(
  argument: string,
  { set = [], values }: TemplateSettings,
): Promise<UnitArgument> {
  if (!argument.endsWith(".njk")) return parseUnitArgument(argument);
  const { renderArgument } = await import("../template/settings.ts");
  const { name, text } = await renderArgument(argument, set, values);
  return { name, path: argument, template: undefined, rendered: text };
}

function unique(units: readonly UnitArgument[]): UnitArgument[] {
  if (units.length === 0) throw usageError("no units given");
  return [...new Map(units.map((unit) => [unit.name, unit])).values()];
}
