import type { Command } from "commander";
import type { DesiredState } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { isPatient, timeoutMsOf, type WaitOptions } from "./change-options.ts";
import { tellOnInterrupt } from "./interruption.ts";
import { formatMachine } from "./machine-name.ts";
import { refuseDifference, refuseReplacing } from "./replacing.ts";
import { type Candidate, resolveUnits } from "./resolve.ts";
import { openSession, type Session } from "./session.ts";
import { shortfallError } from "./shortfall.ts";
import { print, tell } from "./terminal.ts";
import { renderUnitArguments, type TemplateSettings } from "./unit-args.ts";
import { waitForUnits } from "./wait.ts";

export type BringVerb = "submit" | "load" | "start";
export interface BringOptions extends WaitOptions, TemplateSettings {
  readonly replace?: boolean;
}

const desiredBy = { submit: undefined, load: "loaded", start: "launched" } as const;

/** What submit, load and start do: give the cluster what it does not have, ask for the state, wait until it is so. */
export async function bring(
  verb: BringVerb,
  given: readonly string[],
  options: BringOptions,
  command: Command,
) {
  const units = await renderUnitArguments(given, options);
  const session = await openSession(command);
  const isReplacing = options.replace ?? false;
  const found = await resolveUnits(session.client, units, isReplacing);
  const different = found.filter(isDifferent);
  if (isReplacing) refuseReplacing(different, verb);
  else refuseDifference(different);
  refuseTemplates(verb, found);

  // fleet's load stops what is running; here it is no reason to.
  const concerned = verb === "load" ? found.filter(({ known }) => known?.desired !== "launched") : found;
  const names = concerned.map(({ name }) => name);
  if (names.length === 0) return;
  const asked = `${verb} of ${names.join(", ")}`;
  await tellOnInterrupt(
    `${asked} may have been asked for`,
    ask(session, concerned, desiredBy[verb], isReplacing),
  );
  if (verb !== "submit") await tellOnInterrupt(`${asked} goes on`, settle(session, verb, concerned, options));
}

const isDifferent = ({ known, local }: Candidate) =>
  known !== undefined && local !== undefined && known.hash !== local.unit.hash;

/** One request for all of them, so that either all are taken or none. */
async function ask(
  { client }: Session,
  candidates: readonly Candidate[],
  desired: DesiredState | undefined,
  replace: boolean,
): Promise<void> {
  const names = candidates.map(({ name }) => name);
  if (!candidates.some((candidate) => candidate.known === undefined || isDifferent(candidate))) {
    if (desired !== undefined) await client.desire({ names, desired });
    return;
  }
  for (const { local } of candidates)
    for (const { at, message } of local?.unit.warnings ?? []) tell(`Warning: ${at}: ${message}`);
  const units = candidates.map(({ name, known, local }) => ({
    name,
    text: (local?.unit ?? known)?.text ?? "",
  }));
  const answer = await client.submit({ units, replace, ...(desired === undefined ? {} : { desired }) });
  for (const { name, outcome } of answer.units)
    if (outcome === "created" || outcome === "replaced") print(`Unit ${name} inactive`);
}

async function settle(
  session: Session,
  verb: "load" | "start",
  candidates: readonly Candidate[],
  options: BringOptions,
): Promise<void> {
  const goal = desiredBy[verb];
  const isGlobal = (name: string) =>
    candidates.some((one) => one.name === name && (one.known?.isGlobal ?? one.local?.unit.fleet.isGlobal));
  for (const { name } of candidates) {
    if (isGlobal(name)) print(`Triggered global unit ${name} ${verb}`);
    else if (!options.block) print(`Triggered unit ${name} ${verb}`);
  }
  if (!options.block) return;
  const timeoutMs = timeoutMsOf(options);
  // A unit that is already there is checked, but nothing is said about it, as fleetctl does.
  const isThere = (one: Candidate) => one.known?.current === goal && !isDifferent(one) && !hasFailed(one);
  const there = new Set(candidates.filter(isThere).map(nameOf));
  const shortfalls = await waitForUnits(session, {
    names: candidates.map(nameOf),
    goal,
    timeoutMs,
    isPatient: isPatient(options),
    onReached: (name, unit) => {
      if (!unit?.machine || there.has(name)) return;
      print(`Unit ${name} ${goal} on ${formatMachine(unit.machine)}`);
    },
  });
  if (shortfalls.length > 0) throw shortfallError(shortfalls, goal, timeoutMs);
}

const nameOf = ({ name }: Candidate) => name;
const hasFailed = ({ known }: Candidate) =>
  known?.observed.some(({ active }) => active === "failed") ?? false;

function refuseTemplates(verb: BringVerb, candidates: readonly Candidate[]): void {
  const template = candidates.find(({ known, local }) => known?.isTemplate ?? local?.unit.isTemplate);
  if (verb === "submit" || template === undefined) return;
  throw new FlotillaError("unit-is-template", `cannot activate template ${template.name}`, {
    hint: `${verb} an instance of it: ${template.name.replace("@.", "@1.")}`,
  });
}
