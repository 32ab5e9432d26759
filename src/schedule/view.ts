import type { ClusterState } from "../cluster/state.ts";
import type { Unit } from "../unit/unit.ts";
import { type Catalog, createCatalog } from "./catalog.ts";

/** The cluster as decisions see it: the replicated state with the indexes that keep each decision small. */
export interface View {
  readonly state: ClusterState;
  readonly catalog: Catalog;
  placedOn(machine: string): ReadonlySet<string>;
  /** Units that a suspect machine holds, and the machine that stands by for each. */
  readonly standby: Map<string, string>;
  /** Counts a unit as placed already, until the next `update` of it: for decisions that are under way. */
  expect(unit: string, machine: string): void;
  /** Takes over what became of these units in the state. */
  update(units: Iterable<string>): void;
}

/** `parse` reads a unit's text; it is called once for each new text. */
export function createView(state: ClusterState, parse: (name: string, text: string) => Unit): View {
  const catalog = createCatalog();
  const byMachine = new Map<string, Set<string>>();
  const machineOf = new Map<string, string>();
  const standby = new Map<string, string>();

  const locate = (name: string, machine: string | undefined): void => {
    const before = machineOf.get(name);
    if (before === machine) return;
    if (before !== undefined) byMachine.get(before)?.delete(name);
    machineOf.delete(name);
    if (machine === undefined) return;
    machineOf.set(name, machine);
    byMachine.set(machine, (byMachine.get(machine) ?? new Set()).add(name));
  };
  const update = (names: Iterable<string>): void => {
    for (const name of names) {
      const record = state.units.get(name);
      if (!record) catalog.delete(name);
      else if (catalog.get(name)?.text !== record.text) catalog.set(parse(name, record.text));
      const placement = state.placements.get(name);
      locate(name, placement?.machine);
      // Not before the placement is agreed on: until then the heir would take the files away again.
      if (placement && state.machines.get(placement.machine)?.status === "up") standby.delete(name);
    }
  };
  update(new Set([...state.units.keys(), ...state.placements.keys()]));
  const placedOn = (machine: string) => byMachine.get(machine) ?? new Set<string>();
  return { state, catalog, standby, placedOn, expect: locate, update };
}
