import { createHash } from "node:crypto";
import type { UnitFile } from "./file.ts";

/**
 * The file as fleet writes it back (`fleetctl cat`): options grouped by section in the order of their first
 * appearance, without comments and empty sections.
 */
export function canonicalText(file: UnitFile): string {
  const sections = new Map<string, string[]>();
  for (const entry of file.entries) {
    if (entry.kind !== "assignment") continue;
    const lines = sections.get(entry.section) ?? [];
    lines.push(`${entry.key}=${entry.raw}\n`);
    sections.set(entry.section, lines);
  }
  return [...sections].map(([section, lines]) => `[${section}]\n${lines.join("")}`).join("\n");
}

/** fleet's identity of a unit's contents: SHA1 of canonicalText(), 40 hexadecimal digits. Comments do not count. */
export function unitHash(file: UnitFile): string {
  return createHash("sha1").update(canonicalText(file)).digest("hex");
}
