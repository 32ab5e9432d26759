import type { FlotillaError } from "../error.ts";
import { describeError } from "../error.ts";
import type { Refusal } from "../schedule/constraint.ts";
import { isWanted, schedule } from "../schedule/schedule.ts";
import type { Office } from "./office.ts";

/** Places what is wanted and not placed, as soon as something changes for it. */
export interface Placing {
  /** Looks at these units again; and at whatever found no machine before, if `all`. */
  consider(units: Iterable<string>, all: boolean): void;
  /** Why a unit has no machine. */
  refusals(unit: string): readonly Refusal[];
  end(): void;
}

export function createPlacing(office: Office): Placing {
  const { view, propose, log } = office;
  const dirty = new Set<string>();
  const refused = new Map<string, readonly Refusal[]>();
  let isRunning = false;
  let isOver = false;

  const placeOne = async (unit: string): Promise<void> => {
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
    const answer = await propose(choice.decision);
    // Somebody was quicker: the change that this brought makes the unit dirty again.
    if (!answer.ok) log("info", `not placed: ${answer.message}`, { unit });
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      for (const unit of dirty) {
        if (isOver) return;
        dirty.delete(unit);
        await placeOne(unit);
      }
    } catch (error) {
      // Proposals fail when leadership is lost, and then this leader's work is over.
      log("info", `placing ended: ${describeError(error as FlotillaError)}`);
    } finally {
      isRunning = false;
    }
  };
  return {
    consider: (units, all) => {
      for (const unit of units) dirty.add(unit);
      if (all) for (const unit of refused.keys()) dirty.add(unit);
      if (!isRunning && !isOver) void run();
    },
    refusals: (unit) => refused.get(unit) ?? [],
    end: () => {
      isOver = true;
    },
  };
}
