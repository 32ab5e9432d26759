import { readRequirements, readTriggers } from "./dependency.ts";
import { parseUnitFile } from "./file.ts";
import { type FleetOptions, readFleetOptions } from "./fleet.ts";
import { type FlotillaOptions, readFlotillaOptions } from "./flotilla.ts";
import { unitHash } from "./hash.ts";
import { type Mount, readMount } from "./mount.ts";
import { readMountsFor } from "./mounts-for.ts";
import { parseUnitName, type UnitType } from "./name.ts";
import { listOf, type Reading, type Warning, warn } from "./reading.ts";
import { expandSpecifiers } from "./specifier.ts";

/** A unit file as the cluster understands it, with the specifiers expanded in what it understands. */
export interface Unit {
  readonly name: string;
  readonly text: string;
  /** SHA1 of the file as fleet writes it, 40 hexadecimal digits. */
  readonly hash: string;
  readonly type: UnitType;
  readonly isTemplate: boolean;
  readonly description: string;
  /** Requires=, BindsTo= and Requisite=, each name once. */
  readonly requires: readonly string[];
  /** Absolute, normalized paths whose mounts this unit needs, declared or implied by systemd. */
  readonly mountsFor: readonly string[];
  /** Units that this socket, timer, path or automount starts; of a service, the sockets in Sockets=. */
  readonly triggers: readonly string[];
  readonly mount: Mount | undefined;
  readonly fleet: FleetOptions;
  readonly flotilla: FlotillaOptions;
  readonly warnings: readonly Warning[];
}

/**
 * Understands a unit file under its name. `source` is where the text comes from, for the messages.
 * @throws FlotillaError with `at` as `source:line`: `unit-name-invalid`, `unit-file-invalid`, `fleet-options-conflict`,
 *   `flotilla-option-unknown`, `mount-name-mismatch` and the like
 */
export function parseUnit(name: string, text: string, source = name): Unit {
  const unitName = parseUnitName(name);
  const reading: Reading = { file: parseUnitFile(text, source), name: unitName, warnings: [] };
  warnOfIgnored(reading);
  const mount = readMount(reading);
  return {
    name,
    text,
    hash: unitHash(reading.file),
    type: unitName.type,
    isTemplate: unitName.isTemplate,
    description: describe(reading),
    requires: readRequirements(reading),
    mountsFor: readMountsFor(reading, mount),
    triggers: readTriggers(reading),
    mount,
    fleet: readFleetOptions(reading),
    flotilla: readFlotillaOptions(reading),
    warnings: reading.warnings,
  };
}

/** A template keeps its `%i`; so does everything that only a machine could expand. */
function describe(reading: Reading): string {
  const text = listOf(reading, "Unit", "Description").at(-1)?.value ?? "";
  return (reading.name.isTemplate ? undefined : expandSpecifiers(text, reading.name)) ?? text;
}

function warnOfIgnored(reading: Reading): void {
  for (const { kind, line, text } of reading.file.entries) {
    if (kind === "stray") warn(reading, line, "before the first section: systemd ignores it");
    const ours = /^\s*\[(x-fleet|x-flotilla)\]/i.exec(text)?.[1];
    if (kind === "section" && ours !== undefined && ours !== "X-Fleet" && ours !== "X-Flotilla")
      warn(reading, line, `[${ours}] has no meaning: capital letters count, write [X-Fleet] or [X-Flotilla]`);
  }
}
