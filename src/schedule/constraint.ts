import { looseElsewhere } from "../cluster/loose.ts";
import { holderOf } from "../cluster/placements.ts";
import type { MachineRecord } from "../cluster/state.ts";
import { matchGlob } from "../unit/glob.ts";
import type { Unit } from "../unit/unit.ts";
import { reach } from "./catalog.ts";
import { isExclusive, resourcesOf } from "./exclusive.ts";
import type { View } from "./view.ts";

/** Why one machine cannot take a unit; `machine` is null where no machine could. */
export interface Refusal {
  readonly machine: string | null;
  /** The option or state that forbids it: `MachineMetadata=`, `Conflicts=`, `status`, ... */
  readonly constraint: string;
  readonly message: string;
}

/** Everything that keeps `group` off `machine`; empty if it may run there. */
export function refusals(view: View, group: readonly string[], machine: MachineRecord): Refusal[] {
  const found: Refusal[] = [];
  const refuse = (constraint: string, message: string) =>
    found.push({ machine: machine.id, constraint, message });

  if (machine.isRemoving) refuse("status", "the machine is being removed");
  else if (machine.status !== "up")
    refuse("status", `the machine is ${machine.status}${because(machine.statusReason)}`);
  const tied = view.catalog.group(group[0] ?? "");
  const replacer = replacerOf(view, tied, machine.id);
  if (replacer) refuse("Replaces=", `${group.join(", ")} is replaced there by ${replacer}`);
  for (const name of group) {
    const unit = view.catalog.get(name);
    if (!unit) continue;
    if (isExclusive(view.catalog, name) && !machine.isExclusiveCapable)
      refuse(
        "Exclusive=",
        `${name} is exclusive, and the machine lacks bash, flock or cgroup.kill to fence it`,
      );
    const loose = isExclusive(view.catalog, name) && looseElsewhere(view.state, name, machine.id);
    if (loose)
      refuse("takeover", `${name} may still run on machine ${loose}, from before it became exclusive`);
    refuseByFleet(view, unit, machine, group, refuse);
    refuseByGlobals(view, unit, machine, refuse);
    const resources = resourcesOf(view.catalog, name);
    const isForeign = (unit: string, on: string) => on !== machine.id || !tied.includes(unit);
    const rival = holderOf(view.state, name, resources, (held) => isForeign(held.unit, held.machine));
    if (rival) refuse("What=", `${name} mounts a device that ${rival.unit} holds`);
  }
  return found;
}

type Refuse = (constraint: string, message: string) => void;

/** MachineID=, MachineMetadata= and Conflicts=, as fleet's manual has them. */
function refuseByFleet(
  view: View,
  unit: Unit,
  machine: MachineRecord,
  group: readonly string[],
  refuse: Refuse,
): void {
  const { machineId, metadata } = unit.fleet;
  if (machineId !== undefined && machineId !== machine.id)
    refuse("MachineID=", `${unit.name} wants machine ${machineId}`);
  const unmatched = unmatchedMetadata(metadata, machine.metadata);
  if (unmatched) refuse("MachineMetadata=", `${unit.name} wants ${unmatched}`);
  const rivals = new Set([...view.placedOn(machine.id), ...globalsOn(view, machine), ...group]);
  for (const other of rivals)
    if (other !== unit.name && conflicts(view, unit, other))
      refuse("Conflicts=", `${unit.name} conflicts with ${other}`);
}

/** What a unit needs of global units: they have to be loaded on the machine. */
function refuseByGlobals(view: View, unit: Unit, machine: MachineRecord, refuse: Refuse): void {
  for (const peer of unit.fleet.machineOf)
    if (!view.catalog.get(peer))
      refuse("MachineOf=", `${unit.name} goes with ${peer}, which the cluster does not know`);
  const needed = [...reach(unit.name, view.catalog.requirements), ...unit.fleet.machineOf];
  for (const name of new Set(needed))
    if (name !== unit.name && view.catalog.globals.has(name) && !isGlobalLoadedOn(view, name, machine))
      refuse("Requires=", `${unit.name} needs global unit ${name}, which is not loaded there`);
}

/** fleet: the same key several times is OR, different keys are AND. */
export function unmatchedMetadata(
  wanted: readonly { readonly key: string; readonly value: string }[],
  given: Readonly<Record<string, string>>,
): string | undefined {
  for (const key of new Set(wanted.map((pair) => pair.key))) {
    const values = wanted.filter((pair) => pair.key === key).map((pair) => pair.value);
    if (!values.includes(given[key] ?? "")) return values.map((value) => `${key}=${value}`).join(" or ");
  }
  return undefined;
}

/** What a group's units want of a machine's metadata and it does not have: as in fleet, also where they are already. */
export function unmetBy(view: View, group: readonly string[], machine: MachineRecord): string | undefined {
  const unmet = (name: string) =>
    unmatchedMetadata(view.catalog.get(name)?.fleet.metadata ?? [], machine.metadata);
  return group.map(unmet).find((wish) => wish !== undefined);
}

/** A global unit runs where its metadata fits and nothing conflicts with it. */
export function isGlobalLoadedOn(view: View, name: string, machine: MachineRecord): boolean {
  const unit = view.catalog.get(name);
  if (!unit || (view.state.units.get(name)?.desired ?? "inactive") === "inactive") return false;
  // It was placed on one machine before it became global: that placement needs its proof first.
  if (view.state.placements.has(name)) return false;
  if (unmatchedMetadata(unit.fleet.metadata, machine.metadata)) return false;
  return ![...view.placedOn(machine.id)].some((other) => conflicts(view, unit, other));
}

function* globalsOn(view: View, machine: MachineRecord): Iterable<string> {
  for (const name of view.catalog.globals) if (isGlobalLoadedOn(view, name, machine)) yield name;
}

/** The unit on this machine that makes a group leave it. As in fleet, two that replace each other stay. */
export function replacerOf(view: View, group: readonly string[], machine: string): string | undefined {
  const patternsOf = (name: string) => view.catalog.get(name)?.fleet.replaces ?? [];
  const replaces = (one: string, other: string) =>
    patternsOf(one).some((pattern) => matchGlob(pattern, other));
  return [...view.placedOn(machine)].find(
    (other) =>
      patternsOf(other).length > 0 &&
      !group.includes(other) &&
      group.some((name) => replaces(other, name) && !replaces(name, other)),
  );
}

/** Symmetric: it is enough that one of the two says so. */
function conflicts(view: View, unit: Unit, other: string): boolean {
  const says = (patterns: readonly string[], name: string) =>
    patterns.some((pattern) => matchGlob(pattern, name));
  return says(unit.fleet.conflicts, other) || says(view.catalog.get(other)?.fleet.conflicts ?? [], unit.name);
}

const because = (reason: string | null): string => (reason ? ` (${reason})` : "");
