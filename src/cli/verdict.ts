import type { MachineRef, Observed, UnitView } from "../api/contract.ts";

/** What a verb waits for: fleet's three states, a stop, or the end of a destroyed unit. */
export type Goal = "loaded" | "launched" | "stopped" | "inactive" | "gone";

/**
 * How far a unit is. A verdict other than `waiting` counts once it has held for `afterMs`: some states only look final.
 */
export type Verdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "reached"; readonly afterMs: number }
  | { readonly kind: "unplaced"; readonly afterMs: number }
  | { readonly kind: "failed"; readonly afterMs: number; readonly on: Observed | undefined };

/** A service that dies at once is seen as active first: systemd calls a Type=simple service active when it forks. */
const steadyMs = 50;
/** How long an inactive unit is watched until it counts as done (Type=oneshot), or a restarting one as failing: fleet's. */
const undecidedMs = 2000;

const waiting: Verdict = { kind: "waiting" };
const reached = (afterMs = 0): Verdict => ({ kind: "reached", afterMs });

/**
 * Judges one unit. `machines` are the ids of the machines that are ready, for global units.
 * `wasFailed` says that it was failed before anything was asked, so that this failure may still be the old one.
 */
export function judge(
  unit: UnitView | undefined,
  goal: Goal,
  machines: readonly string[],
  wasFailed: boolean,
): Verdict {
  if (goal === "gone") return unit === undefined || !unit.isDestroyed ? reached() : waiting;
  if (unit === undefined || unit.isDestroyed) return { kind: "failed", afterMs: 0, on: undefined };
  if (goal === "inactive") return unit.current === "inactive" ? reached() : waiting;
  if (unit.isGlobal) return judgeGlobal(unit, goal, machines, wasFailed);
  if (unit.machine === null) {
    const isRefused = unit.reasons.length > 0 && unit.pending === null;
    return isRefused ? { kind: "unplaced", afterMs: 0 } : waiting;
  }
  return judgeOn(unit, unit.machine, goal, wasFailed);
}

/** On every ready machine that gave no reason against it; the first failure decides, then the slowest machine. */
function judgeGlobal(unit: UnitView, goal: Goal, machines: readonly string[], wasFailed: boolean): Verdict {
  const refused = new Set(unit.reasons.map((reason) => reason.machine));
  const verdicts = machines
    .filter((id) => !refused.has(id))
    .map((id) => judgeOn(unit, { id, address: "" }, goal, wasFailed));
  const failed = verdicts.find((verdict) => verdict.kind === "failed");
  if (failed !== undefined) return failed;
  if (verdicts.some((verdict) => verdict.kind === "waiting")) return waiting;
  return reached(Math.max(0, ...verdicts.map((verdict) => ("afterMs" in verdict ? verdict.afterMs : 0))));
}

function judgeOn(unit: UnitView, machine: MachineRef, goal: Goal, wasFailed: boolean): Verdict {
  const on = unit.observed.find((observed) => observed.machine.id === machine.id);
  if (on === undefined) return waiting;
  if (goal === "stopped") {
    const isStopped = on.active === "inactive" || on.active === "failed";
    return isStopped && unit.current === "loaded" ? reached() : waiting;
  }
  if (on.load === "not-found") return waiting;
  if (on.load !== "loaded") return { kind: "failed", afterMs: 0, on };
  if (goal === "launched") return judgeLaunched(unit, on, wasFailed);
  return unit.current === "inactive" ? waiting : reached();
}

function judgeLaunched(unit: UnitView, on: Observed, wasFailed: boolean): Verdict {
  const isAsked = unit.isGlobal || unit.current === "launched";
  switch (on.active) {
    case "active":
      return isAsked ? reached(unit.type === "service" ? steadyMs : 0) : waiting;
    case "failed":
      return { kind: "failed", afterMs: wasFailed ? undecidedMs : 0, on };
    case "activating":
      return on.sub === "auto-restart" ? { kind: "failed", afterMs: undecidedMs, on } : waiting;
    case "inactive":
      if (!isAsked || unit.pending !== null) return waiting;
      return unit.reasons.length > 0 ? { kind: "failed", afterMs: 0, on } : reached(undecidedMs);
    default:
      return waiting;
  }
}
