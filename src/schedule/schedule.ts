import type { Decision } from "../cluster/command.ts";
import type { MachineRecord } from "../cluster/state.ts";
import { reach } from "./catalog.ts";
import { type Refusal, refusals } from "./constraint.ts";
import { isExclusive, resourcesOf } from "./exclusive.ts";
import type { View } from "./view.ts";

/** Where a group goes, or why nowhere. */
export type Choice =
  | { readonly kind: "place"; readonly decision: Extract<Decision, { kind: "place" }> }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] }
  | { readonly kind: "nothing" };

/**
 * Decides for the group of `name`: its units that are wanted and not placed go to the machine where the others of the
 * group are, else to the least loaded one that may take them all. Deterministic; what is placed never moves.
 */
export function schedule(view: View, name: string): Choice {
  const group = view.catalog.group(name);
  const missing = group.filter((unit) => !view.state.placements.has(unit) && isWanted(view, unit));
  if (missing.length === 0 || view.catalog.globals.has(name)) return { kind: "nothing" };

  const machines = candidates(view, group);
  if ("refusals" in machines) return { kind: "refused", refusals: machines.refusals };
  const found: Refusal[] = [];
  for (const machine of machines.inOrder) {
    const against = refusals(view, missing, machine);
    if (against.length === 0)
      return { kind: "place", decision: decide(view, missing, machine, machines.reason) };
    found.push(...against);
  }
  const none = { machine: null, constraint: "machines", message: "no machine is enrolled" };
  return { kind: "refused", refusals: found.length > 0 ? found : [none] };
}

type Candidates =
  | { readonly inOrder: readonly MachineRecord[]; readonly reason: string }
  | { readonly refusals: readonly Refusal[] };

function candidates(view: View, group: readonly string[]): Candidates {
  const placed = group.flatMap((unit) => view.state.placements.get(unit) ?? []);
  const homes = new Set(placed.map(({ machine }) => machine));
  const [first] = placed;
  if (!first) return freeCandidates(view, group);
  if (homes.size > 1) {
    const where = placed.map(({ unit, machine }) => `${unit} on machine ${machine}`).join(", ");
    const message = `the group is on several machines: ${where}`;
    return { refusals: [{ machine: null, constraint: "group", message }] };
  }
  const home = view.state.machines.get(first.machine);
  if (!home || home.bootId !== first.bootId || placed.some(({ unit }) => !isWanted(view, unit))) {
    const message = `${first.unit} has not left machine ${first.machine} yet`;
    return { refusals: [{ machine: first.machine, constraint: "takeover", message }] };
  }
  return { inOrder: [home], reason: `with ${first.unit}` };
}

/** The machine that stood by for the group, then the others. */
function freeCandidates(view: View, group: readonly string[]): Candidates {
  const heirs = new Set(group.flatMap((unit) => view.standby.get(unit) ?? []));
  const inOrder = byLoad(view);
  if (heirs.size === 0) return { inOrder, reason: "least loaded" };
  const isHeir = ({ id }: MachineRecord) => heirs.has(id);
  return {
    inOrder: [...inOrder.filter(isHeir), ...inOrder.filter((machine) => !isHeir(machine))],
    reason: "stood by",
  };
}

function decide(view: View, units: readonly string[], machine: MachineRecord, reason: string) {
  return {
    kind: "place" as const,
    machine: machine.id,
    bootId: machine.bootId ?? "",
    units: units.map((unit) => ({
      unit,
      exclusive: isExclusive(view.catalog, unit),
      resources: resourcesOf(view.catalog, unit),
    })),
    reason,
  };
}

/** Least loaded first; the machine's id decides between equals, so that every member would choose the same. */
export function byLoad(view: View): MachineRecord[] {
  const standing = [...view.standby.values()];
  const load = ({ id }: MachineRecord) =>
    view.placedOn(id).size + standing.filter((heir) => heir === id).length;
  return [...view.state.machines.values()].sort((a, b) => load(a) - load(b) || (a.id < b.id ? -1 : 1));
}

/** Whether a unit has to be on a machine: desired there itself, or needed by one that is. */
export function isWanted(view: View, name: string): boolean {
  const isDesired = (unit: string) => (view.state.units.get(unit)?.desired ?? "inactive") !== "inactive";
  return reach(name, view.catalog.wanters).some(isDesired);
}
