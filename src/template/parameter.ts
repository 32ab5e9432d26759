import { z } from "zod";
import { FlotillaError } from "../error.ts";
import { parseBoolean } from "../unit/boolean.ts";
import { isUnitName } from "../unit/name.ts";
import { normalizePath } from "../unit/path.ts";

export type Scalar = string | number | boolean;
export type Value = Scalar | readonly Scalar[];
/** What a person gave: text from a command line, or anything that stands in a TOML or JSON file. */
export type Settings = Readonly<Record<string, unknown>>;

/** The reading of each type; undefined if the input is not of it. `[]` behind a type makes a list. */
const readers: Readonly<Record<string, (input: unknown) => Scalar | undefined>> = {
  string: (input) => (isLine(input) ? input : undefined),
  integer: (input) => {
    const number = isLine(input) && /^-?\d+$/.test(input) ? Number(input) : input;
    return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
  },
  boolean: (input) => (typeof input === "string" ? parseBoolean(input) : onlyBoolean(input)),
  path: (input) => (isLine(input) ? normalizePath(input) : undefined),
  unit: (input) => (isLine(input) && isUnitName(input) ? input : undefined),
};

/** One parameter in a template's front matter. */
export const parameterSchema = z.strictObject({
  type: z
    .string()
    .refine(
      (type) => Object.hasOwn(readers, type.replace(/\[\]$/, "")),
      `one of ${Object.keys(readers).join(", ")}, with [] for a list`,
    ),
  /** Missing: the parameter must be given. */
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
  meaning: z.string(),
});
export type Parameter = z.infer<typeof parameterSchema>;
export type Parameters = Readonly<Record<string, Parameter>>;

/**
 * A value for every parameter, checked and of its type. `at` is the template, for messages.
 * @throws FlotillaError `template-parameter-unknown`, `template-parameter-missing`, `template-parameter-invalid`
 */
export function resolveParameters(
  parameters: Parameters,
  given: Settings,
  at: string,
): Record<string, Value> {
  const names = Object.keys(parameters);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new FlotillaError("template-parameter-unknown", `no parameter ${unknown.join(", ")}`, {
      at,
      hint: names.length === 0 ? "it has none" : `its parameters are ${names.join(", ")}`,
    });
  const inputs = names.map(
    (name) => [name, Object.hasOwn(given, name) ? given[name] : parameters[name]?.default] as const,
  );
  const missing = inputs.filter(([, input]) => input === undefined).map(([name]) => name);
  if (missing.length > 0)
    throw new FlotillaError("template-parameter-missing", `${missing.join(", ")} must be given`, {
      at,
      hint: missing.map((name) => `--set ${name}=... (${parameters[name]?.meaning})`).join(", "),
    });
  return Object.fromEntries(
    inputs.map(([name, input]) => [name, readValue(name, parameters[name]?.type ?? "", input, at)]),
  );
}

function readValue(name: string, type: string, input: unknown, at: string): Value {
  const isList = type.endsWith("[]");
  const read = readers[isList ? type.slice(0, -2) : type];
  const inputs: unknown[] = isList && Array.isArray(input) ? input : [input];
  const values = inputs.flatMap((one) => read?.(one) ?? []);
  const [first] = values;
  if (values.length === inputs.length) {
    if (isList) return values;
    if (first !== undefined) return first;
  }
  throw new FlotillaError(
    "template-parameter-invalid",
    `${name}=${JSON.stringify(input)} is not of type ${type}`,
    {
      at,
      hint: hints[type.replace("[]", "")] ?? "a list is given by repeating --set",
    },
  );
}

const hints: Readonly<Record<string, string>> = {
  string: "a string is one line, and is given once",
  integer: "give a whole number",
  boolean: "give yes or no",
  path: "give an absolute path without ..",
  unit: "give a unit's name, with its type, such as app.service",
};

/** A line break in a value would start another option in the unit file. */
function isLine(input: unknown): input is string {
  return typeof input === "string" && !/[\0-\x08\x0a-\x1f\x7f]/.test(input);
}

function onlyBoolean(input: unknown): boolean | undefined {
  return typeof input === "boolean" ? input : undefined;
}
