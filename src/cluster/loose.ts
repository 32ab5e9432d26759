import { type Applying, done } from "./applying.ts";
import type { Answer, ClusterState } from "./state.ts";

/** From now on `unit` may run on `machine` although nothing is placed there. */
export function letLoose({ state, changes }: Applying, machine: string, unit: string): void {
  const units = new Set(state.loose.get(machine)).add(unit);
  state.loose.set(machine, [...units]);
  changes.machines.add(machine);
}

/** A leader has seen that the unit is not there any more, or runs under the lease. */
export function caught({ state }: Applying, machine: string, bootId: string, unit: string): Answer {
  if (state.machines.get(machine)?.bootId !== bootId) return done();
  const left = (state.loose.get(machine) ?? []).filter((other) => other !== unit);
  if (left.length > 0) state.loose.set(machine, left);
  else state.loose.delete(machine);
  return done();
}

/** Another machine on which a copy of the unit may be running that no lease will stop. */
export function looseElsewhere(state: ClusterState, unit: string, machine: string): string | undefined {
  for (const [other, units] of state.loose) if (other !== machine && units.includes(unit)) return other;
  return undefined;
}
