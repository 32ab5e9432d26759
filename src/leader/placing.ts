import { describeError } from "../error.ts";
import type { Refusal } from "../schedule/constraint.ts";
import { isWanted, schedule } from "../schedule/schedule.ts";
import type { Office } from "./office.ts";

/** How long after a decision that was not taken it is made anew, in milliseconds. */
const RETRY_MS = 500;

/** Places what is wanted and not placed, as soon as something changes for it. */
export interface Placing {
  /** Looks at these units again; and at whatever found no machine before, if `all`. */
  consider(units: Iterable<string>, all: boolean): void;
  /** Why a unit has no machine. */
  refusals(unit: string): readonly Refusal[];
  end(): void;
}

export function createPlacing(office: Office): Placing {
  const { clock, view, propose, log } = office;
  const retrying = new Set<string>();
  const proposed = new Set<string>();
  const dirty = new Set<string>();
  const refused = new Map<string, readonly Refusal[]>();
  let isRunning = false;
  let isOver = false;

  /** Proposes without waiting: a hundred units are one round of Raft, and one daemon-reload on each machine. */
  const placeOne = (unit: string): void => {
    dirty.delete(unit);
    if (proposed.has(unit)) return;
    const choice = schedule(view, unit);
    const group = view.catalog.group(unit);
    for (const name of group) {
      dirty.delete(name);
      const isWaiting = choice.kind === "refused" && !view.state.placements.has(name) && isWanted(view, name);
      if (isWaiting) refused.set(name, choice.refusals);
      else refused.delete(name);
    }
    office.observed(group);
    if (choice.kind !== "place") return;
    const { machine, units } = choice.decision;
    const names = units.map((placed) => placed.unit);
    for (const name of names) {
      proposed.add(name);
      view.expect(name, machine);
    }
    const failed = (problem: string): void => {
      view.update(names);
      log("info", `not placed: ${problem}`, { unit });
      again(unit);
    };
    propose(choice.decision)
      .finally(() => {
        for (const name of names) proposed.delete(name);
      })
      .then(
        (answer) => answer.ok || failed(answer.message),
        (error) => failed(describeError(error)),
      );
  };
  /** What was decided on may have changed meanwhile; and the change may have come before the decision was refused. */
  const again = (unit: string): void => {
    if (!retrying.has(unit)) clock.after(RETRY_MS, () => retrying.delete(unit) && consider([unit], false));
    retrying.add(unit);
  };
  const consider: Placing["consider"] = (units, all) => {
    for (const unit of units) dirty.add(unit);
    if (all) for (const unit of refused.keys()) dirty.add(unit);
    if (isOver || isRunning) return;
    isRunning = true;
    for (const unit of dirty) {
      try {
        placeOne(unit);
      } catch (error) {
        // One unit's trouble must not reach Raft, whose entry brought us here.
        log("error", `not placed: ${describeError(error)}`, { unit });
        again(unit);
      }
    }
    isRunning = false;
  };
  return {
    consider,
    refusals: (unit) => refused.get(unit) ?? [],
    end: () => {
      isOver = true;
    },
  };
}
