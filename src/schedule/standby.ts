import type { MachineRecord } from "../cluster/state.ts";
import { refusals } from "./constraint.ts";
import { byLoad, isWanted } from "./schedule.ts";
import type { View } from "./view.ts";

/**
 * Where the exclusive groups of a suspect machine would go: their files lie there by the time that a takeover is
 * proven, without a gate to be started behind. Returns the units for which that has changed.
 */
export function updateStandby(view: View, machine: MachineRecord): string[] {
  const placed = [...view.placedOn(machine.id)].filter((unit) => view.state.placements.get(unit)?.exclusive);
  if (machine.status !== "suspect") {
    if (machine.status === "lost") return [];
    return placed.filter((unit) => view.standby.delete(unit));
  }
  const changed: string[] = [];
  for (const name of placed) {
    const group = view.catalog.group(name).filter((unit) => isWanted(view, unit));
    if (group.length === 0 || group.some((unit) => view.standby.has(unit))) continue;
    const heir = byLoad(view).find(
      (other) => other.id !== machine.id && refusals(view, group, other).length === 0,
    );
    if (!heir) continue;
    for (const unit of group) view.standby.set(unit, heir.id);
    changed.push(...group);
  }
  return changed;
}
