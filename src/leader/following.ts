import type { Changes } from "../cluster/apply.ts";
import { describeError } from "../error.ts";
import { reach } from "../schedule/catalog.ts";
import type { View } from "../schedule/view.ts";
import type { Keeper } from "./keeper.ts";
import type { Office } from "./office.ts";
import type { Placing } from "./placing.ts";
import type { Watchers } from "./watchers.ts";

export interface FollowingOptions {
  readonly office: Office;
  readonly keepers: ReadonlyMap<string, Keeper>;
  readonly placing: Placing;
  readonly watchers: Watchers;
  /** Begins or ends keeping these machines, as the state has them. */
  readonly keep: (machines: Iterable<string>) => void;
}

/** Turns what an entry changed into work: for the units that it touched and what is tied to them, and no others. */
export function createFollowing({ office, keepers, placing, watchers, keep }: FollowingOptions) {
  const { view, log } = office;

  const settle = (units: Iterable<string>): void => {
    for (const unit of new Set(units))
      for (const keeper of keepers.values()) if (concerns(view, keeper, unit)) keeper.settle(unit);
  };
  const forgetEmptyMachines = (): void => {
    for (const machine of view.state.machines.values()) {
      // A connected machine is cleaned of its global units first.
      const isClean = [...(keepers.get(machine.id)?.sight()?.units() ?? [])].length === 0;
      if (!machine.isRemoving || view.placedOn(machine.id).size > 0 || !isClean) continue;
      office
        .propose({ kind: "forget-machine", machine: machine.id })
        .catch((error) => log("info", describeError(error), { machine: machine.id }));
    }
  };
  return {
    changed: (changes: Changes): void => {
      // What a destroyed unit was tied to is known only before the view forgets it.
      const before = [...changes.units].flatMap((unit) => tiedTo(view, unit));
      view.update(changes.units);
      keep(changes.machines);
      const units = new Set([
        ...changes.units,
        ...before,
        ...[...changes.units].flatMap((unit) => tiedTo(view, unit)),
      ]);
      placing.consider(units, true);
      settle(units);
      for (const id of changes.machines) settle([...view.placedOn(id), ...view.catalog.globals]);
      forgetEmptyMachines();
      watchers.touch(units);
      watchers.touchMachines(changes.machines);
    },
    /** A machine's keeper has done something for this unit. */
    settled: forgetEmptyMachines,
  };
}

function concerns(view: View, keeper: Keeper, unit: string): boolean {
  return (
    view.placedOn(keeper.machine).has(unit) ||
    view.catalog.globals.has(unit) ||
    keeper.sight()?.has(unit) === true
  );
}

/** Everything whose place or state may depend on a unit. */
function tiedTo({ catalog }: View, unit: string): string[] {
  return [...catalog.group(unit), ...reach(unit, catalog.requirements), ...reach(unit, catalog.requirers)];
}
