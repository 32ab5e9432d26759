import { readFile } from "node:fs/promises";
import type { Client } from "../api/client.ts";
import type { UnitView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { parseUnit, type Unit } from "../unit/unit.ts";
import type { UnitArgument } from "./unit-args.ts";

/** A unit that the user named: as the cluster has it, as it is here, or both. */
export interface Candidate {
  readonly name: string;
  readonly known: (UnitView & { readonly text: string }) | undefined;
  /** The file to give to the cluster, when there is one. */
  readonly local: { readonly unit: Unit; readonly source: string } | undefined;
}

/**
 * Finds the units in fleet's order: in the cluster, on the disk, by the cluster's template, by a template on the disk.
 * A file that exists is read for a known unit, too, so that differing contents are noticed; for new contents
 * (`isReplacing`) an instance's template is looked at as well.
 * @throws FlotillaError `unit-not-found` naming every missing one, and what parseUnit throws for a broken file
 */
export async function resolveUnits(
  client: Client,
  units: readonly UnitArgument[],
  isReplacing: boolean,
): Promise<Candidate[]> {
  const names = units.flatMap(({ name, template }) => [name, ...(template ? [template.name] : [])]);
  const answer = await client.units({ names: [...new Set(names)], text: true });
  const known = new Map(
    answer.units.filter((unit) => !unit.isDestroyed).map((unit) => [unit.name, withText(unit)]),
  );
  const candidates: Candidate[] = [];
  const missing: UnitArgument[] = [];
  for (const unit of units) {
    const candidate = await resolve(unit, known, isReplacing);
    if (candidate === undefined) missing.push(unit);
    else candidates.push(candidate);
  }
  if (missing.length > 0) throw missingError(missing);
  return candidates;
}

async function resolve(
  { name, path, template, rendered }: UnitArgument,
  known: ReadonlyMap<string, UnitView & { text: string }>,
  isReplacing: boolean,
): Promise<Candidate | undefined> {
  const own = known.get(name);
  const file = rendered === undefined ? await readUnitFile(path) : { text: rendered, source: path };
  const isOpen = own === undefined || isReplacing;
  const found = file ?? (isOpen && template !== undefined ? await findTemplate(template, known) : undefined);
  if (found === undefined) return own === undefined ? undefined : { name, known: own, local: undefined };
  const { text, source } = found;
  return { name, known: own, local: { unit: parseUnit(name, text, source), source } };
}

async function findTemplate(
  { name, path }: { name: string; path: string },
  known: ReadonlyMap<string, UnitView & { text: string }>,
): Promise<Contents | undefined> {
  const inCluster = known.get(name);
  return inCluster === undefined ? readUnitFile(path) : { text: inCluster.text, source: name };
}

function withText(unit: UnitView): UnitView & { text: string } {
  return { ...unit, text: unit.text ?? "" };
}

interface Contents {
  readonly text: string;
  readonly source: string;
}

/** Undefined when there is no such file; a directory of that name is none. */
async function readUnitFile(path: string): Promise<Contents | undefined> {
  try {
    return { text: await readFile(path, "utf8"), source: path };
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return undefined;
    throw new FlotillaError("file-unreadable", `cannot read ${path}`, { cause });
  }
}

function missingError(missing: readonly UnitArgument[]): FlotillaError {
  const lines = missing.map(({ name, template }) => {
    const neither = template === undefined ? "" : `, nor its template ${template.name}`;
    return `unable to find unit ${name} in the cluster or on disk${neither}`;
  });
  return new FlotillaError("unit-not-found", lines.join("\n"), {
    hint: "flotillactl list-unit-files shows what the cluster knows; otherwise give the path of a unit file.",
  });
}
