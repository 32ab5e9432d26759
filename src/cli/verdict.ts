import type { Observed, Reason, UnitView } from "../api/contract.ts";

/** What a verb waits for: fleet's three states, a stop, or the end of a destroyed unit. */
export type Goal = "loaded" | "launched" | "stopped" | "inactive" | "gone";

/**
 * How far a unit is. A verdict other than `waiting` counts once it has held for `afterMs`: some states only look final.
 */
export type Verdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "reached"; readonly afterMs: number }
  | { readonly kind: "unplaced"; readonly afterMs: number }
  /** It goes on although nobody asks for it itself, because a unit that somebody asks for needs it. */
  | { readonly kind: "needed"; readonly afterMs: number }
  | { readonly kind: "failed"; readonly afterMs: number; readonly on: Observed | undefined };

/** A service that dies at once is active first: systemd calls a Type=simple service active when it forks. */
const steadyMs = 50;
/** A unit that was failed stays so for a moment after its new start was asked for. */
const failedMs = 200;
/** How long an inactive unit is watched until it counts as done (Type=oneshot), a restarting one as failing: fleet's. */
const undecidedMs = 2000;

const waiting: Verdict = { kind: "waiting" };
const reached = (afterMs = 0): Verdict => ({ kind: "reached", afterMs });
const failed = (afterMs: number, on?: Observed): Verdict => ({ kind: "failed", afterMs, on });

/** Judges one unit. `machines` are the ids of the machines that are ready, for global units. */
export function judge(unit: UnitView | undefined, goal: Goal, machines: readonly string[]): Verdict {
  if (goal === "gone") return unit === undefined || !unit.isDestroyed ? reached() : waiting;
  if (unit === undefined || unit.isDestroyed) return failed(0);
  if (unit.isGlobal && goal !== "inactive") return judgeGlobal(unit, goal, machines);
  const isLowered = goal === "stopped" || goal === "inactive";
  if (isLowered && unit.reasons.some(({ constraint }) => constraint === "needed"))
    return { kind: "needed", afterMs: failedMs };
  if (goal === "inactive") return unit.current === "inactive" ? reached() : orProblem(unit, waiting);
  if (unit.machine !== null) return orProblem(unit, judgeOn(unit, unit.machine.id, goal));
  if (unit.pending !== null) return waiting;
  if (goal === "stopped") return reached();
  return unit.reasons.length > 0 ? { kind: "unplaced", afterMs: 0 } : waiting;
}

/** On every ready machine that may have it; the first failure decides, then the slowest machine. */
function judgeGlobal(unit: UnitView, goal: Goal, machines: readonly string[]): Verdict {
  const refused = new Set(unit.reasons.filter((reason) => !isProblem(reason)).map(({ machine }) => machine));
  const verdicts = machines
    .filter((id) => !refused.has(id))
    .map((id) => orProblem(unit, judgeOn(unit, id, goal), id));
  const failure = verdicts.find(({ kind }) => kind === "failed");
  if (failure !== undefined) return failure;
  if (verdicts.some(({ kind }) => kind === "waiting")) return waiting;
  return reached(Math.max(0, ...verdicts.map((verdict) => ("afterMs" in verdict ? verdict.afterMs : 0))));
}

/** What was tried there and did not work; every other reason is one against the machine. */
const isProblem = (reason: Reason) => reason.constraint === "machine";

/** A unit that waits while a step for it keeps failing has failed: the reason says how. */
function orProblem(unit: UnitView, verdict: Verdict, machineId?: string): Verdict {
  const problem = unit.reasons.find(
    (reason) => isProblem(reason) && (machineId === undefined || reason.machine === machineId),
  );
  if (verdict.kind !== "waiting" || problem === undefined) return verdict;
  return failed(
    undecidedMs,
    unit.observed.find(({ machine }) => machine.id === problem.machine),
  );
}

function judgeOn(unit: UnitView, machineId: string, goal: Goal): Verdict {
  const on = unit.observed.find(({ machine }) => machine.id === machineId);
  if (on === undefined) return waiting;
  if (goal === "stopped") {
    const isDown = on.active === "inactive" || on.active === "failed";
    return isDown && unit.current !== "launched" ? reached() : waiting;
  }
  if (on.load === "not-found" || on.load === "unknown") return waiting;
  if (on.load !== "loaded") return failed(failedMs, on);
  if (goal === "launched") return judgeLaunched(unit, on);
  return unit.current === "inactive" ? waiting : reached();
}

function judgeLaunched(unit: UnitView, on: Observed): Verdict {
  // Whether the start was asked for on this machine; of a global unit the cluster does not say.
  const isAsked = unit.current === "launched";
  switch (on.active) {
    case "active":
      if (!isAsked && !unit.isGlobal) return waiting;
      return reached(unit.type === "service" ? steadyMs : 0);
    case "failed":
      return failed(isAsked ? failedMs : undecidedMs, on);
    case "activating":
      return on.sub === "auto-restart" ? failed(undecidedMs, on) : waiting;
    case "inactive":
      return (isAsked || unit.isGlobal) && unit.pending === null ? reached(undecidedMs) : waiting;
    default:
      return waiting;
  }
}
