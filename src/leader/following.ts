import type { Changes } from "../cluster/applying.ts";
import { describeError } from "../error.ts";
import { reach } from "../schedule/catalog.ts";
import { updateStandby } from "../schedule/standby.ts";
import type { View } from "../schedule/view.ts";
import type { Keeper } from "./keeper.ts";
import type { Office } from "./office.ts";
import type { Placing } from "./placing.ts";
import type { Watchers } from "./watchers.ts";

/** A suspicion that is withdrawn sooner costs no other machine anything, in milliseconds. */
const STAND_BY_MS = 1_000;

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
  const leaving = new Set<string>();
  const noteLeaving = (machines: Iterable<string>): void => {
    for (const id of machines) {
      const machine = view.state.machines.get(id);
      if (machine?.isRemoving || machine?.status === "draining") leaving.add(id);
      else leaving.delete(id);
    }
  };
  /** Machines that are to go, and hold nothing any more, may. */
  const sendOff = (): void => {
    for (const id of leaving) {
      const machine = view.state.machines.get(id);
      const keeper = keepers.get(id);
      if (!machine || view.placedOn(id).size > 0) continue;
      if (machine.status === "draining") keeper?.allowShutdown();
      // A connected machine is cleaned of its global units first.
      if (!machine.isRemoving || [...(keeper?.sight()?.units() ?? [])].length > 0) continue;
      leaving.delete(id);
      office
        .propose({ kind: "forget-machine", machine: id })
        .then((answer) => void (answer.ok || leaving.add(id)))
        .catch((error) => log("info", describeError(error), { machine: id }));
    }
  };
  noteLeaving(view.state.machines.keys());
  const standBy = (id: string): void => {
    const update = () => {
      const machine = view.state.machines.get(id);
      const units = machine ? updateStandby(view, machine) : [];
      for (const unit of units) for (const keeper of keepers.values()) keeper.settle(unit);
    };
    if (view.state.machines.get(id)?.status === "suspect") office.clock.after(STAND_BY_MS, update);
    else update();
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
      settle(globalsInConflict(view, changes.units));
      settle([...changes.units].flatMap((unit) => neighboursReplacedBy(view, unit)));
      for (const id of changes.machines) {
        settle([...view.placedOn(id), ...view.catalog.globals]);
        for (const unit of view.state.loose.get(id) ?? []) keepers.get(id)?.settle(unit);
        keepers.get(id)?.checkStanding();
        standBy(id);
      }
      // The guards are given the new lease on connecting.
      if (changes.isLease) for (const keeper of keepers.values()) keeper.renew("the lease was changed");
      noteLeaving(changes.machines);
      sendOff();
      watchers.touch(units);
      watchers.touchMachines(changes.machines);
    },
    sendOff,
  };
}

function concerns(view: View, keeper: Keeper, unit: string): boolean {
  return (
    view.placedOn(keeper.machine).has(unit) ||
    view.catalog.globals.has(unit) ||
    keeper.sight()?.has(unit) === true
  );
}

/** What a unit that has Replaces= came beside. */
function neighboursReplacedBy({ catalog, state, placedOn }: View, unit: string): string[] {
  const home = state.placements.get(unit)?.machine;
  return home !== undefined && catalog.get(unit)?.fleet.replaces.length ? [...placedOn(home)] : [];
}

/** Global units that may have to come or go because another unit went or came. */
function globalsInConflict({ catalog }: View, units: Iterable<string>): string[] {
  const hasConflicts = (name: string) => (catalog.get(name)?.fleet.conflicts.length ?? 0) > 0;
  const isAny = [...units].some(hasConflicts);
  return [...catalog.globals].filter((name) => isAny || hasConflicts(name));
}

/** Everything whose place or state may depend on a unit. */
function tiedTo({ catalog }: View, unit: string): string[] {
  return [...catalog.group(unit), ...reach(unit, catalog.requirements), ...reach(unit, catalog.wanters)];
}
