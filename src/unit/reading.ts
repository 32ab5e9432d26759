import { FlotillaError } from "../error.ts";
import { parseBoolean } from "./boolean.ts";
import type { Assignment, UnitFile } from "./file.ts";
import type { UnitName } from "./name.ts";
import { expandSpecifiers } from "./specifier.ts";
import { type Backslash, splitWords } from "./words.ts";

/** Something odd in a unit file that does not stop it from being used. */
export interface Warning {
  readonly at: string;
  readonly message: string;
}

/** A unit file being understood under its name; `warnings` grows on the way. */
export interface Reading {
  readonly file: UnitFile;
  readonly name: UnitName;
  readonly warnings: Warning[];
}

/** A word or a value of an option, expanded, and the line that it stands on. */
export interface Item {
  readonly text: string;
  readonly line: number;
}

export function assignmentsIn(reading: Reading, section: string): Assignment[] {
  return reading.file.entries.filter(
    (entry): entry is Assignment => entry.kind === "assignment" && entry.section === section,
  );
}

export function placeOf(reading: Reading, line: number): string {
  return `${reading.file.source}:${line}`;
}

export function warn(reading: Reading, line: number, message: string): void {
  reading.warnings.push({ at: placeOf(reading, line), message });
}

/** The assignments of a list option that count: an empty one resets those before it. */
export function listOf(reading: Reading, section: string, key: string): Assignment[] {
  const all = assignmentsIn(reading, section).filter((assignment) => assignment.key === key);
  return all.slice(all.findLastIndex((assignment) => assignment.value === "") + 1);
}

/** The value of a single option: the last one counts, an empty one takes it back. */
export function lastOf(reading: Reading, section: string, key: string): Item | undefined {
  const assignment = listOf(reading, section, key).at(-1);
  return assignment && expandItem(reading, assignment.value, assignment);
}

/** Whether a boolean option is on. */
export function isSet(reading: Reading, section: string, key: string): boolean {
  return parseBoolean(lastOf(reading, section, key)?.text ?? "") ?? false;
}

/** The values of a list option that takes one value a line. */
export function valuesOf(reading: Reading, section: string, key: string): Item[] {
  return listOf(reading, section, key).flatMap(
    (assignment) => expandItem(reading, assignment.value, assignment) ?? [],
  );
}

/** The words of assignments, unquoted and expanded; those that only a machine could expand are left out. */
export function wordsOf(reading: Reading, assignments: readonly Assignment[], backslash: Backslash): Item[] {
  return assignments.flatMap((assignment) => {
    const words = splitWords(assignment.value, backslash);
    if (words === undefined)
      throw new FlotillaError("unit-file-invalid", `unbalanced quotes in ${assignment.key}=`, {
        at: placeOf(reading, assignment.line),
        hint: "close the quote; systemd would ignore the whole line",
      });
    return words.flatMap((word) => expandItem(reading, word, assignment) ?? []);
  });
}

function expandItem(reading: Reading, text: string, assignment: Assignment): Item | undefined {
  const { line, key } = assignment;
  const expanded = expandSpecifiers(text, reading.name);
  if (expanded !== undefined) return { text: expanded, line };
  warn(
    reading,
    line,
    `${key}=${text} has a specifier that only a machine can expand: the cluster ignores it`,
  );
  return undefined;
}
