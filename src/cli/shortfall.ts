import type { Reason, UnitView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { formatId, formatMachine } from "./machine-name.ts";
import type { Goal } from "./verdict.ts";
import type { Shortfall } from "./wait.ts";

/** The error that tells what became of the units that fell short: why, on which machine, what to do. */
export function shortfallError(
  shortfalls: readonly Shortfall[],
  goal: Goal,
  timeoutMs: number,
): FlotillaError {
  const isTimeout = shortfalls.every(({ isLate }) => isLate);
  const message = shortfalls.map((shortfall) => describe(shortfall, goal, timeoutMs)).join("\n");
  const hint = hintFor(shortfalls);
  return new FlotillaError(isTimeout ? "timed-out" : "unit-not-reached", message, { hint });
}

function describe({ name, unit, verdict }: Shortfall, goal: Goal, timeoutMs: number): string {
  switch (verdict.kind) {
    case "failed": {
      if (unit === undefined || unit.isDestroyed) return `unit ${name} was destroyed meanwhile`;
      if (verdict.on === undefined) return `unit ${name} failed${reasonLines(unit)}`;
      const { machine, load, active, sub } = verdict.on;
      return `unit ${name} failed on ${formatMachine(machine)}: ${load} ${active} ${sub}${reasonLines(unit)}`;
    }
    case "needed":
      return `unit ${name} goes on${reasonLines(unit)}`;
    case "unplaced":
      return `unit ${name} cannot be placed on any machine${reasonLines(unit)}`;
    case "waiting": {
      const aim = goal === "gone" ? "destroyed" : goal;
      const pending = unit?.pending ? `: ${unit.pending}` : "";
      const states = (unit?.observed ?? []).map(
        ({ machine, active, sub }) => `\n  ${active} ${sub} on ${formatMachine(machine)}`,
      );
      return `unit ${name} is not ${aim} after ${timeoutMs / 1000} s${pending}${states.join("")}${reasonLines(unit)}`;
    }
  }
}

function reasonLines(unit: UnitView | undefined): string {
  return (unit?.reasons ?? []).map((reason) => `\n  ${describeReason(reason)}`).join("");
}

/** `f1ee1000...: Conflicts: app-hellodb@1.service runs there` */
export function describeReason({ machine, constraint, message }: Reason): string {
  return `${machine === null ? "" : `${formatId(machine, false)}: `}${constraint}: ${message}`;
}

function hintFor(shortfalls: readonly Shortfall[]): string {
  const of = (kind: string) => shortfalls.find(({ verdict }) => verdict.kind === kind)?.name;
  const failed = of("failed");
  if (failed !== undefined) return `flotillactl journal ${failed}`;
  if (of("needed") !== undefined) return "stop or unload what needs it, too.";
  const unplaced = of("unplaced");
  if (unplaced !== undefined)
    return `it stays asked for until a machine can take it; flotillactl unload ${unplaced} gives it up.`;
  return "the cluster goes on with it; flotillactl list-unit-files shows how far it is.";
}
