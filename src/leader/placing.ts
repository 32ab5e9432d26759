import { describeError, FlotillaError } from "../error.ts";
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
    if (!answer.ok) throw new FlotillaError(answer.code, answer.message);
  };
  /** What was decided on may have changed meanwhile; and the change may have come before the decision was refused. */
  const again = (unit: string): void => {
    if (!retrying.has(unit)) clock.after(RETRY_MS, () => retrying.delete(unit) && consider([unit], false));
    retrying.add(unit);
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    for (const unit of dirty) {
      dirty.delete(unit);
      await placeOne(unit).catch((error) => {
        log("info", `not placed: ${describeError(error)}`, { unit });
        again(unit);
      });
      if (isOver) return;
    }
    isRunning = false;
  };
  const consider: Placing["consider"] = (units, all) => {
    for (const unit of units) dirty.add(unit);
    if (all) for (const unit of refused.keys()) dirty.add(unit);
    if (!isRunning && !isOver) void run();
  };
  return {
    consider,
    refusals: (unit) => refused.get(unit) ?? [],
    end: () => {
      isOver = true;
    },
  };
}
