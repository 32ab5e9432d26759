import type { Placement } from "../cluster/state.ts";
import { dropIn } from "../lease/drop-in.ts";
import { leaseTarget } from "../lease/places.ts";
import { reach } from "../schedule/catalog.ts";
import { isGlobalLoadedOn, replacerOf, unmetBy } from "../schedule/constraint.ts";
import { isPlacedAs } from "../schedule/exclusive.ts";
import { isWanted } from "../schedule/schedule.ts";
import type { View } from "../schedule/view.ts";

/** What one machine should make of one unit. */
export type Wanted =
  /** Not here. `generation` is that of a placement to be released once the unit has stopped. */
  | { readonly kind: "absent"; readonly generation: number | undefined; readonly reason: string }
  | {
      /** `loaded`: there, not running · `needed`: may run, started by what needs it · `launched`: to be started. */
      readonly kind: "loaded" | "needed" | "launched";
      readonly text: string;
      readonly dropIn: string;
      readonly exclusive: boolean;
      readonly generation: number;
      /** Mount point of an exclusive mount, for the fence. */
      readonly where: string | undefined;
      /** Units that have to be prepared on this machine before this one is started. */
      readonly after: readonly string[];
      readonly reason: string;
    };

/** What `machine` should make of `name`, by the replicated state alone. */
export function wantedOn(view: View, machineId: string, name: string): Wanted {
  const machine = view.state.machines.get(machineId);
  const record = view.state.units.get(name);
  const unit = view.catalog.get(name);
  const placement = view.state.placements.get(name);
  const isHere = placement?.machine === machineId && placement.bootId === machine?.bootId;
  const absent = (reason: string): Wanted => ({
    kind: "absent",
    generation: isHere ? placement.generation : undefined,
    reason,
  });

  if (!machine || machine.isRemoving) return absent("the machine is being removed");
  if (!record || !unit) return absent("the unit was destroyed");
  if (machine.status === "draining" && !unit.fleet.isGlobal) return absent("the machine is shutting down");
  if (unit.isTemplate) return absent("a template is not placed");
  if (unit.fleet.isGlobal) {
    if (!isGlobalLoadedOn(view, name, machine)) return absent("the global unit is not loaded here");
  } else if (!isHere && view.standby.get(name) === machineId) return standingBy(name, record.text, placement);
  else if (!isHere) return absent(placement ? "the unit is placed elsewhere" : "the unit is not placed here");
  else if (!isWanted(view, name)) return absent("nothing wants the unit any more");
  else if (!isPlacedAs(view.catalog, placement)) return absent("it is not what it was placed as");
  const group = unit.fleet.isGlobal ? [] : view.catalog.group(name);
  const unmet = unmetBy(view, group, machine);
  if (unmet !== undefined) return absent(`the machine has not ${unmet} any more`);
  const replacer = replacerOf(view, group, machineId);
  if (replacer !== undefined) return absent(`${replacer} replaces it here`);

  const exclusive = placement?.exclusive === true;
  const needer = record.desired === "launched" ? name : launchedRequirer(view, machineId, name);
  return {
    kind: record.desired === "launched" ? "launched" : needer !== undefined ? "needed" : "loaded",
    text: record.text,
    dropIn: dropIn({ name, text: record.text, isExclusive: exclusive }),
    exclusive,
    generation: placement?.generation ?? record.generation,
    where: exclusive ? unit.mount?.where : undefined,
    after: [
      ...reach(name, view.catalog.requirements).filter((other) => other !== name),
      ...(exclusive ? [leaseTarget] : []),
    ],
    reason:
      needer === undefined ? "desired loaded" : needer === name ? "desired launched" : `needed by ${needer}`,
  };
}

/** There without a gate, so that a takeover has no files to push. */
function standingBy(name: string, text: string, placement: Placement | undefined): Wanted {
  return {
    kind: "loaded",
    text,
    dropIn: dropIn({ name, text, isExclusive: true }),
    exclusive: true,
    generation: placement?.generation ?? 0,
    where: undefined,
    after: [],
    reason: `stands by for machine ${placement?.machine ?? "that is lost"}`,
  };
}

/** A launched unit on this machine that needs or triggers `name`, directly or through others. */
function launchedRequirer(view: View, machine: string, name: string): string | undefined {
  const isLaunchedHere = (other: string) => {
    if (view.state.units.get(other)?.desired !== "launched") return false;
    const placement = view.state.placements.get(other);
    return placement ? placement.machine === machine : view.catalog.globals.has(other);
  };
  return reach(name, view.catalog.wanters).find((other) => other !== name && isLaunchedHere(other));
}
