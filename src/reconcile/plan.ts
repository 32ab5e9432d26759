import { leaseTarget } from "../lease/places.ts";
import type { Wanted } from "./wanted.ts";

/** What a machine shows of one unit. */
export interface Seen {
  /** The unit file and the drop-in as they lie on the machine; undefined: not there. */
  readonly text: string | undefined;
  readonly dropIn: string | undefined;
  /** systemd's ActiveState; undefined: not loaded there. */
  readonly active: string | undefined;
  /** The generation of its gate, and the one that was last started; undefined: none. */
  readonly gate: number | undefined;
  readonly started: number | undefined;
}

/** One thing to do on a machine, in words of systemd and of the lease. */
export type Step = { readonly reason: string } & (
  | { readonly do: "ungate" | "stop" | "remove" }
  | { readonly do: "push"; readonly text: string; readonly dropIn: string }
  | { readonly do: "renew-generation" | "mark-started" | "release"; readonly generation: number }
  | { readonly do: "gate"; readonly generation: number; readonly where: string | undefined }
  | { readonly do: "start" | "restart"; readonly generation: number; readonly exclusive: boolean }
);

/** The steps for one unit, in order; `waitsFor` names a unit that has to be prepared first. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly waitsFor: string | undefined;
}

/**
 * What has to be done so that a machine makes of a unit what it should. `isPrepared` tells whether another unit may
 * be started there already: pushed, loaded and, if exclusive, gated.
 */
export function plan(wanted: Wanted, seen: Seen, isPrepared: (unit: string) => boolean): Plan {
  if (wanted.kind === "absent") return { steps: planAbsence(wanted, seen), waitsFor: undefined };
  const push = planPush(wanted, seen);
  if (wanted.kind === "loaded")
    return { steps: [...planStop(seen, wanted.reason), ...push], waitsFor: undefined };
  if (!needsStart(wanted, seen)) return { steps: push, waitsFor: undefined };
  if (wanted.exclusive) return planGuarded(wanted, seen, push, isPrepared);
  const waitsFor = wanted.after.find((unit) => !isPrepared(unit));
  return { steps: waitsFor === undefined ? planFree(wanted, seen, push) : push, waitsFor };
}

type Present = Exclude<Wanted, { kind: "absent" }>;

/** Gate first, so that nothing starts it again; the release is true once the stop is acknowledged. */
function planAbsence(wanted: Extract<Wanted, { kind: "absent" }>, seen: Seen): Step[] {
  const { reason, generation } = wanted;
  // Without our drop-in it is somebody else's unit, whatever its name: that is never stopped.
  const isOurs = seen.text !== undefined || seen.dropIn !== undefined || seen.gate !== undefined;
  const steps: Step[] = isOurs ? [...planStop(seen, reason), { do: "remove", reason }] : [];
  if (generation !== undefined) steps.push({ do: "release", generation, reason });
  return steps;
}

function planStop(seen: Seen, reason: string): Step[] {
  const steps: Step[] = [];
  if (seen.gate !== undefined) steps.push({ do: "ungate", reason });
  if (isRunning(seen)) steps.push({ do: "stop", reason });
  return steps;
}

function planPush({ text, dropIn }: Present, seen: Seen): Step[] {
  if (seen.text === text && seen.dropIn === dropIn) return [];
  return [
    {
      do: "push",
      text,
      dropIn,
      reason: seen.text === undefined ? "not on the machine yet" : "its contents differ",
    },
  ];
}

/** A unit that was started in this generation is systemd's: whether it runs, failed or is done. */
function needsStart(wanted: Present, seen: Seen): boolean {
  if (wanted.exclusive) return seen.gate !== wanted.generation || seen.started !== wanted.generation;
  return wanted.kind === "launched" && seen.started !== wanted.generation;
}

/**
 * An exclusive unit runs only behind a gate of its own generation. The gate waits for the lease, because a fence that
 * is under way would take it away again, and for nothing else: units that need each other would wait for ever.
 */
function planGuarded(
  wanted: Present,
  seen: Seen,
  push: readonly Step[],
  isPrepared: (unit: string) => boolean,
): Plan {
  const { reason, generation, where } = wanted;
  const isGated = seen.gate === generation;
  const hasRunBefore = !isGated && seen.started === generation;
  const steps: Step[] = [];
  if (!isGated) steps.push(...planStop(seen, hasRunBefore ? "it lost its gate" : "a new start is wanted"));
  if (hasRunBefore) {
    steps.push({ do: "renew-generation", generation, reason: "every start has a generation of its own" });
    return { steps, waitsFor: undefined };
  }
  steps.push(...push);
  if (!isGated && !isPrepared(leaseTarget)) return { steps, waitsFor: leaseTarget };
  if (!isGated) steps.push({ do: "gate", generation, where, reason });
  const waitsFor = wanted.kind === "launched" ? wanted.after.find((unit) => !isPrepared(unit)) : undefined;
  if (waitsFor === undefined)
    steps.push({
      do: wanted.kind === "launched" ? "start" : "mark-started",
      generation,
      exclusive: true,
      reason,
    });
  return { steps, waitsFor };
}

function planFree({ reason, generation }: Present, seen: Seen, push: readonly Step[]): Step[] {
  const isOlderRunning = isRunning(seen) && seen.started !== undefined;
  const start = isOlderRunning
    ? ({ do: "restart", reason: "a new start is wanted" } as const)
    : ({ do: "start", reason } as const);
  return [...push, { ...start, generation, exclusive: false }];
}

/** Pushed as an exclusive unit, or gated as one. */
export const isGuarded = ({ dropIn, gate }: Pick<Seen, "dropIn" | "gate">): boolean =>
  gate !== undefined || dropIn?.includes(leaseTarget) === true;

/** Not at rest: it runs, or is on its way up or down. */
export const isRunning = ({ active }: Pick<Seen, "active">): boolean =>
  active !== undefined && active !== "inactive" && active !== "failed";
