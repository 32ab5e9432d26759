import type { Clock } from "../clock.ts";
import { describeError, FlotillaError } from "../error.ts";
import { dropInPath } from "../lease/drop-in.ts";
import { unitFilePath } from "../lease/places.ts";
import { checkShown } from "../lease/shown.ts";
import type { JobResult, MachineLink } from "../machine/link.ts";
import { isGuarded, isRunning, type Step } from "./plan.ts";
import { createReloads } from "./reload.ts";
import type { Sight } from "./sight.ts";

/** What a step needs from the cluster state: the steps that are commands. */
export interface Deciding {
  release(unit: string, generation: number): Promise<void>;
  renewGeneration(unit: string, generation: number, reason: string): Promise<void>;
  /** A start that was asked for did not happen; what systemd then does with a unit that failed is its own matter. */
  startFailed(unit: string, problem: string): void;
}

/** Does steps on one machine, the only place that does, and notes in `sight` what they changed. */
export function createExecutor(clock: Clock, link: MachineLink, sight: Sight, deciding: Deciding) {
  const reloads = createReloads(clock, () => link.reload());

  const stop = async (unit: string): Promise<void> => {
    // Wanted again it needs a new start; an exclusive unit gets a new generation for it. Noted first: the stop may be
    // the last thing that this connection does.
    if (!isGuarded(sight.of(unit))) await markStarted(unit, NOT_STARTED);
    expectDone("stop", unit, await link.stop(unit).catch(doneIfUnknown));
    const [state] = await link.states([unit]);
    if (state) sight.noteState(state);
    // Only this makes the stop a proof: systemd says it is down, and no process of it is left (lease.md, D).
    if (state && isRunning(state))
      throw failed(unit, "unit-not-stopped", `it is ${state.active} after its stop`);
    if (await link.hasProcesses(unit))
      throw failed(unit, "unit-not-stopped", "processes are left after its stop");
  };
  // A start may take as long as the unit likes: it is asked for here, and seen in the unit's state.
  const start = async (unit: string, step: Extract<Step, { do: "start" | "restart" }>): Promise<void> => {
    if (step.exclusive) await verify(unit);
    // A failed unit may have hit its start limit, which only a reset lifts.
    if (sight.of(unit).active === "failed") await link.resetFailed(unit);
    const job = step.do === "start" ? link.start(unit) : link.restart(unit);
    sight.note(unit, { started: step.generation });
    follow(unit, step.generation, job).catch((error) => deciding.startFailed(unit, describeError(error)));
  };
  /** The machine's own note comes last: a start that a lost connection swallowed is asked for again. */
  const follow = async (unit: string, generation: number, job: Promise<JobResult>): Promise<void> => {
    const result = await job;
    if (sight.of(unit).started !== generation) return; // It was stopped, or started anew, meanwhile.
    if (result === "done" || result === "failed" || result === "skipped")
      return markStarted(unit, generation);
    throw failed(unit, `job-${result}`, `systemd's start job ended with "${result}"`);
  };
  const markStarted = async (unit: string, generation: number): Promise<void> => {
    await link.markStarted(unit, generation);
    if (sight.has(unit)) sight.note(unit, { started: generation });
  };
  /** systemd reads the files of a unit that it did not have yet by itself: that needs no reload. */
  const isAsPushed = async (unit: string): Promise<boolean> => {
    const { fragmentPath, dropInPaths, needDaemonReload } = await link.show(unit);
    return fragmentPath === unitFilePath(unit) && dropInPaths.includes(dropInPath(unit)) && !needDaemonReload;
  };
  const verify = async (unit: string): Promise<void> => {
    const violations = checkShown(unit, await link.show(unit));
    if (violations.length === 0) return;
    const message = violations.map((violation) => `${violation.at} ${violation.message}`).join("; ");
    throw failed(unit, "unit-overridden", message, "remove what overrides it on the machine");
  };

  return async function execute(unit: string, step: Step): Promise<void> {
    switch (step.do) {
      case "push":
        await reloads.around(async () => {
          // The drop-in first: without it an exclusive unit could start outside its lease.
          await link.writeFiles([{ path: dropInPath(unit), text: step.dropIn }]);
          await link.writeFiles([{ path: unitFilePath(unit), text: step.text }]);
          return !(await isAsPushed(unit));
        });
        return sight.note(unit, { text: step.text, dropIn: step.dropIn });
      case "remove":
        // Whatever was seen of it: only what systemd says after its gate has gone counts as a proof.
        await stop(unit);
        await reloads.around(async () => {
          await link.removeFiles([unitFilePath(unit)]);
          await link.removeFiles([dropInPath(unit)]);
          return true;
        });
        await link.forget(unit);
        return sight.note(unit, { text: undefined, dropIn: undefined, gate: undefined, started: undefined });
      case "gate":
        // With its gate open systemd may start it for what needs it: that has to be what was pushed.
        await verify(unit);
        await link.gate(unit, step.generation, step.where);
        return sight.note(unit, { gate: step.generation });
      case "ungate":
        await link.ungate(unit);
        return sight.note(unit, { gate: undefined });
      case "mark-started":
        return markStarted(unit, step.generation);
      case "stop":
        return stop(unit);
      case "start":
      case "restart":
        return start(unit, step);
      case "release":
        return deciding.release(unit, step.generation);
      case "renew-generation":
        return deciding.renewGeneration(unit, step.generation, step.reason);
    }
  };
}

/** Generations count from 1. */
const NOT_STARTED = 0;

/** A unit that systemd does not know needs no stop. */
function doneIfUnknown(error: unknown): JobResult {
  if (error instanceof FlotillaError && error.code === "systemd-no-such-unit") return "done";
  throw error;
}

function expectDone(verb: string, unit: string, result: JobResult): void {
  if (result === "done" || result === "skipped") return;
  throw failed(unit, `job-${result}`, `systemd's ${verb} job ended with "${result}"`);
}

const failed = (unit: string, code: string, message: string, hint?: string): FlotillaError =>
  new FlotillaError(code, message, { at: unit, ...(hint === undefined ? {} : { hint }) });
