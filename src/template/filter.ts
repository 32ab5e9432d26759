import { FlotillaError } from "../error.ts";
import { escapeName, escapePath, mountUnitName } from "../unit/escape.ts";

/** What a template can write behind `|`, beside nunjucks' own filters. */
export const filters: Readonly<Record<string, (input: unknown) => string>> = {
  systemdEscape: (input) => escapeName(textOf(input)),
  systemdEscapePath: (input) => escapePath(textOf(input)),
  mountUnit: (input) => mountUnitName(textOf(input)),
  percent: (input) => escapeSpecifiers(textOf(input)),
  quote: (input) => listOf(input).map(quote).join(" "),
  quoteExec: (input) => listOf(input).map(quoteExec).join(" "),
  environment: (input) => listOf(input).map(assignment).join(" "),
};

/** Keeps systemd from taking `%` for a specifier. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word of a quoted list, whatever is in it (systemd.syntax(7), Quoting). */
function quote(text: string): string {
  const escaped = escapeSpecifiers(text).replace(/[\\"]/g, "\\$&").replaceAll("\t", "\\t");
  return /^[a-zA-Z0-9_@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** One argument of Exec...=, where `$` would be a variable and a lone `;` the end of a command. */
function quoteExec(text: string): string {
  return quote(text).replaceAll("$", "$$$$");
}

function assignment(text: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*=/.test(text)) return quote(text);
  throw new FlotillaError("template-environment", `${JSON.stringify(text)} is not NAME=value`);
}

function listOf(input: unknown): string[] {
  return Array.isArray(input) ? input.map(textOf) : [textOf(input)];
}

function textOf(input: unknown): string {
  if (typeof input === "string" || typeof input === "number" || typeof input === "boolean")
    return String(input);
  throw new FlotillaError(
    "template-filter",
    "a filter of systemd's needs a text, a number or a list of them",
  );
}
