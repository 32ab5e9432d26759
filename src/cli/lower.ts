import type { Command } from "commander";
import type { UnitView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { timeoutMsOf, type WaitOptions } from "./change-options.ts";
import { tellOnInterrupt } from "./interruption.ts";
import { openSession, type Session } from "./session.ts";
import { shortfallError } from "./shortfall.ts";
import { parseUnitArguments } from "./unit-args.ts";
import type { Goal } from "./verdict.ts";
import { waitForUnits } from "./wait.ts";

/** One of stop, unload and destroy: verbs that take something away from units that the cluster knows. */
export interface Lowering {
  readonly verb: string;
  readonly goal: Goal;
  /** The known units that there is something to do for. @throws FlotillaError for those that it is wrong for */
  concerns(units: readonly UnitView[]): UnitView[];
  ask(session: Session, names: string[]): Promise<unknown>;
  /** What to say at once of a unit that is not waited for. */
  onTriggered(unit: UnitView): void;
  onReached(name: string, unit: UnitView | undefined): void;
  isWaitedFor(unit: UnitView): boolean;
}

/** Returns the names of the units that were waited for and got there. */
export async function lower(
  lowering: Lowering,
  given: readonly string[],
  options: WaitOptions,
  command: Command,
): Promise<string[]> {
  const names = parseUnitArguments(given).map(({ name }) => name);
  const session = await openSession(command);
  const units = lowering.concerns(await knownUnits(session, names));
  if (units.length === 0) return [];
  const asked = `${lowering.verb} of ${units.map(({ name }) => name).join(", ")}`;
  const request = lowering.ask(
    session,
    units.map(({ name }) => name),
  );
  await tellOnInterrupt(`${asked} may have been asked for`, request);

  const isWaitedFor = (unit: UnitView) => options.block && lowering.isWaitedFor(unit);
  for (const unit of units) if (!isWaitedFor(unit)) lowering.onTriggered(unit);
  const waited = units.filter(isWaitedFor).map(({ name }) => name);
  const timeoutMs = timeoutMsOf(options);
  const { goal, onReached } = lowering;
  const wait = {
    names: waited,
    goal,
    timeoutMs,
    isPatient: true,
    failedBefore: new Set<string>(),
    onReached,
  };
  const shortfalls = await tellOnInterrupt(`${asked} goes on`, waitForUnits(session, wait));
  if (shortfalls.length > 0) throw shortfallError(shortfalls, goal, timeoutMs);
  return waited;
}

/** The named units, in that order. @throws FlotillaError `unit-not-found` naming every unknown one */
export async function knownUnits({ client }: Session, names: readonly string[]): Promise<UnitView[]> {
  const { units } = await client.units({ names });
  const byName = new Map(units.filter((unit) => !unit.isDestroyed).map((unit) => [unit.name, unit]));
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) throw unknownError(missing);
  return names.flatMap((name) => byName.get(name) ?? []);
}

function unknownError(names: readonly string[]): FlotillaError {
  const message =
    names.length === 1 ? `unit ${names[0]} does not exist` : `units do not exist: ${names.join(", ")}`;
  return new FlotillaError("unit-not-found", message, {
    hint: "flotillactl list-unit-files shows those that do.",
  });
}
