import { FlotillaError } from "../error.ts";
import type { Assignment } from "./file.ts";
import { matchGlob } from "./glob.ts";
import { isUnitName } from "./name.ts";
import { assignmentsIn, type Item, placeOf, type Reading, warn } from "./reading.ts";
import { expandFleetSpecifiers } from "./specifier.ts";

/** What `[X-Fleet]` says, with fleet v1.0.0's meaning. */
export interface FleetOptions {
  /** The one machine that may run it, by its whole id. */
  readonly machineId: string | undefined;
  /** Units that must be scheduled on the same machine. */
  readonly machineOf: readonly string[];
  /** The same key several times: one of the values; different keys: all of them. */
  readonly metadata: readonly { readonly key: string; readonly value: string }[];
  /** Globs of units that must not be scheduled on the same machine. */
  readonly conflicts: readonly string[];
  /** Globs of units that have to leave the machine. */
  readonly replaces: readonly string[];
  readonly isGlobal: boolean;
}

const section = "X-Fleet";
/** The names of each option in the order in which fleet looked at them. */
const machineIdKeys = ["MachineID", "X-ConditionMachineID", "X-ConditionMachineBootID"];
const machineOfKeys = ["X-ConditionMachineOf", "MachineOf"];
const metadataKeys = ["X-ConditionMachineMetadata", "MachineMetadata"];
const conflictsKeys = ["X-Conflicts", "Conflicts"];
const replacesKeys = ["Replaces"];
const globalKeys = ["Global"];
const known = [
  ...machineIdKeys,
  ...machineOfKeys,
  ...metadataKeys,
  ...conflictsKeys,
  ...replacesKeys,
  ...globalKeys,
];

/**
 * Reads `[X-Fleet]` exactly as fleet did: values accumulate, and an empty one does not reset them.
 * @throws FlotillaError `fleet-options-conflict` with fleet's message for options that exclude each other
 */
export function readFleetOptions(reading: Reading): FleetOptions {
  const assignments = assignmentsIn(reading, section);
  for (const { key, line } of assignments)
    if (!known.includes(key)) warn(reading, line, `unrecognized requirement in [X-Fleet] section: "${key}"`);
  const valuesOf = (keys: readonly string[]): Item[] =>
    keys.flatMap((key) =>
      assignments
        .filter((assignment) => assignment.key === key)
        .flatMap((assignment) => expand(reading, assignment)),
    );

  const found: Found = {
    machineId: valuesOf(machineIdKeys).slice(0, 1),
    machineOf: valuesOf(machineOfKeys),
    conflicts: valuesOf(conflictsKeys).flatMap(splitFields),
    replaces: valuesOf(replacesKeys).flatMap(splitFields),
    global: valuesOf(globalKeys)
      .slice(-1)
      .filter(({ text }) => /^(true|yes|1|on|t)$/i.test(text)),
  };
  refuseConflicts(reading, found);
  for (const { text, line } of found.machineOf)
    if (!isUnitName(text)) warn(reading, line, `MachineOf=${text} names no unit: no machine will ever do`);
  return {
    machineId: found.machineId[0]?.text,
    machineOf: textsOf(found.machineOf),
    metadata: valuesOf(metadataKeys).flatMap((value) => parseMetadata(reading, value)),
    conflicts: textsOf(found.conflicts),
    replaces: textsOf(found.replaces),
    isGlobal: found.global.length > 0,
  };
}

interface Found {
  readonly machineId: readonly Item[];
  readonly machineOf: readonly Item[];
  readonly conflicts: readonly Item[];
  readonly replaces: readonly Item[];
  readonly global: readonly Item[];
}

/** fleet's ValidateOptions(), with its words and in its order. */
function refuseConflicts(reading: Reading, found: Found): void {
  const refuse = (message: string, line: number) => {
    throw new FlotillaError("fleet-options-conflict", message, {
      at: placeOf(reading, line),
      hint: "leave one of them out of [X-Fleet]",
    });
  };
  for (const peer of found.machineOf) {
    for (const [word, globs] of [
      ["conflict", found.conflicts],
      ["replace", found.replaces],
    ] as const) {
      const glob = globs.find(({ text }) => matchGlob(text, peer.text));
      if (glob)
        refuse(`unresolvable requirements: peer "${peer.text}" matches ${word} "${glob.text}"`, glob.line);
    }
  }
  const { machineId, machineOf, conflicts, replaces, global } = found;
  for (const [one, nameOfOne, other, nameOfOther] of [
    [machineId, "MachineID", machineOf, "Peers"],
    [machineId, "MachineID", conflicts, "Conflicts"],
    [machineId, "MachineID", global, "Global"],
    [machineId, "MachineID", replaces, "Replaces"],
    [global, "Global", machineOf, "Peers"],
    [global, "Global", replaces, "Replaces"],
    [conflicts, "Conflicts", replaces, "Replaces"],
  ] as const) {
    const [first] = one;
    const [second] = other;
    if (first && second)
      refuse(`${nameOfOne} cannot be used with ${nameOfOther}`, Math.max(first.line, second.line));
  }
}

/** A line that begins and ends with `"` holds several quoted values; spaces between quotes separate, others do not. */
function expand(reading: Reading, { value, line }: Assignment): Item[] {
  const isQuoted = value.startsWith('"') && value.endsWith('"');
  const texts = isQuoted ? splitOutsideQuotes(value) : [value];
  return texts.map((text) => ({ text: expandFleetSpecifiers(text, reading.name), line }));
}

function splitOutsideQuotes(text: string): string[] {
  const values = [""];
  let isInside = false;
  for (const character of text) {
    if (character === '"') isInside = !isInside;
    else if (character === " " && !isInside) values.push("");
    else values[values.length - 1] += character;
  }
  return values;
}

/** Conflicts= and Replaces= take several globs in one value (fleet issue 1245). */
function splitFields({ text, line }: Item): Item[] {
  return text
    .split(/\s+/)
    .filter((field) => field !== "")
    .map((field) => ({ text: field, line }));
}

function parseMetadata(reading: Reading, { text, line }: Item): { key: string; value: string }[] {
  const [key, value, ...rest] = text.split("=");
  if (key && value && rest.length === 0) return [{ key, value }];
  warn(reading, line, `MachineMetadata=${text} is not key=value: it is ignored, as in fleet`);
  return [];
}

function textsOf(values: readonly Item[]): string[] {
  return [...new Set(values.map(({ text }) => text))];
}
