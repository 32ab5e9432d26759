import { unescapeName, unescapePath } from "./escape.ts";
import type { UnitName } from "./name.ts";

/** fleet's four specifiers and no others, one after the other as fleet did it: there is no `%%`. */
export function expandFleetSpecifiers(text: string, unit: UnitName): string {
  return text
    .replaceAll("%n", () => unit.name)
    .replaceAll("%N", () => stemOf(unit))
    .replaceAll("%p", () => unit.prefix)
    .replaceAll("%i", () => unit.instance ?? "");
}

/** The same for every system service on every machine (systemd.unit(5), the system manager's column). */
const constants: ReadonlyMap<string, string> = new Map([
  ["%", "%"],
  ["t", "/run"],
  ["S", "/var/lib"],
  ["C", "/var/cache"],
  ["L", "/var/log"],
  ["E", "/etc"],
  ["T", "/tmp"],
  ["V", "/var/tmp"],
  ["h", "/root"],
  ["u", "root"],
  ["U", "0"],
  ["g", "root"],
  ["G", "0"],
]);
const machineSpecific = new Set("aAbBdHlmMoqsvwWyY");

/**
 * systemd's specifiers, with their value for this unit. Undefined if one has no value here: it depends on the machine
 * (`%H`), or unescapes what was never escaped (`%I`). An unknown one stays as it is, as in systemd.
 */
export function expandSpecifiers(text: string, unit: UnitName): string | undefined {
  let hasValue = true;
  const expanded = text.replace(/%(.)/gu, (whole, specifier: string) => {
    const ofThisUnit = ofUnit.get(specifier);
    const value = ofThisUnit ? ofThisUnit(unit) : (constants.get(specifier) ?? whole);
    if (value === undefined || machineSpecific.has(specifier)) hasValue = false;
    return value ?? "";
  });
  return hasValue ? expanded : undefined;
}

const ofUnit: ReadonlyMap<string, (unit: UnitName) => string | undefined> = new Map([
  ["n", (unit) => unit.name],
  ["N", stemOf],
  ["p", (unit) => unit.prefix],
  ["P", (unit) => unescapeName(unit.prefix)],
  ["i", (unit) => unit.instance ?? ""],
  ["I", (unit) => unescapeName(unit.instance ?? "")],
  ["j", lastOfPrefix],
  ["J", (unit) => unescapeName(lastOfPrefix(unit))],
  ["f", (unit) => unescapePath(unit.instance ?? unit.prefix)],
]);

function lastOfPrefix({ prefix }: UnitName): string {
  return prefix.slice(prefix.lastIndexOf("-") + 1);
}

function stemOf(unit: UnitName): string {
  return unit.name.slice(0, unit.name.lastIndexOf("."));
}
