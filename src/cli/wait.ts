import type { UnitView } from "../api/contract.ts";
import { sleep } from "../clock.ts";
import type { Session } from "./session.ts";
import { showProgress } from "./terminal.ts";
import { type Goal, judge, type Verdict } from "./verdict.ts";

export interface Wait {
  readonly names: readonly string[];
  readonly goal: Goal;
  readonly timeoutMs: number;
  /** Waits on for units that no machine takes at present. */
  readonly isPatient: boolean;
  onReached(name: string, unit: UnitView | undefined): void;
}

/** A unit that did not get where it should: it failed, no machine takes it, or the time is over. */
export interface Shortfall {
  readonly name: string;
  readonly unit: UnitView | undefined;
  readonly verdict: Exclude<Verdict, { kind: "reached" }>;
  readonly isLate: boolean;
}

/** One long poll; the server allows 30 s. */
const maxPollMs = 25_000;
/** Pause between two polls, so that a hundred units that start at once are not a hundred answers of a hundred units. */
const pauseMs = 10;

/** Waits until every unit has reached the goal or cannot; returns those that fell short. Progress shows on a terminal. */
export async function waitForUnits(session: Session, wait: Wait): Promise<Shortfall[]> {
  const { client, clock } = session;
  const deadlineMs = clock.now() + wait.timeoutMs;
  const shortfalls: Shortfall[] = [];
  /** Verdicts that have to hold for a while, with the time since which they do. */
  const held = new Map<string, { kind: string; sinceMs: number }>();
  const open = new Set(wait.names);
  let after: number | undefined;
  let pollMs = 0;

  while (open.size > 0) {
    const poll = after === undefined ? {} : { after, waitSeconds: pollMs / 1000 };
    const answer = await client.units({ names: [...open], ...poll });
    const byName = new Map(answer.units.map((unit) => [unit.name, unit]));
    const machines = answer.units.some((unit) => unit.isGlobal) ? await readyMachines(session) : [];
    const nowMs = clock.now();
    after = answer.revision;
    pollMs = Math.max(0, Math.min(maxPollMs, deadlineMs - nowMs));
    for (const name of open) {
      const unit = byName.get(name);
      const verdict = judge(unit, wait.goal, machines);
      const isLate = nowMs >= deadlineMs;
      const counts = verdict.kind !== "waiting" && !(verdict.kind === "unplaced" && wait.isPatient);
      const leftMs = counts ? leftToHold(held, name, verdict, nowMs) : Number.POSITIVE_INFINITY;
      if (leftMs > 0 && !isLate) {
        pollMs = Math.min(pollMs, leftMs);
        continue;
      }
      open.delete(name);
      if (verdict.kind === "reached") wait.onReached(name, unit);
      else shortfalls.push({ name, unit, verdict, isLate: leftMs > 0 });
    }
    showProgress(describeProgress([...open].map((name) => byName.get(name))));
    if (open.size > 0) await sleep(clock, pauseMs);
  }
  showProgress(undefined);
  return shortfalls;
}

/** How long this verdict still has to hold; a different one starts anew. */
function leftToHold(
  held: Map<string, { kind: string; sinceMs: number }>,
  name: string,
  verdict: Exclude<Verdict, { kind: "waiting" }>,
  nowMs: number,
): number {
  const before = held.get(name);
  const sinceMs = before?.kind === verdict.kind ? before.sinceMs : nowMs;
  held.set(name, { kind: verdict.kind, sinceMs });
  return sinceMs + verdict.afterMs - nowMs;
}

async function readyMachines({ client }: Session): Promise<string[]> {
  const { machines } = await client.machines();
  return machines.filter((machine) => machine.status === "ready").map((machine) => machine.id);
}

function describeProgress(units: readonly (UnitView | undefined)[]): string | undefined {
  const [first] = units;
  if (first === undefined) return undefined;
  const others = units.length > 1 ? ` and ${units.length - 1} more` : "";
  return `waiting for ${first.name}${others}${first.pending === null ? "" : `: ${first.pending}`}`;
}
