import type { Decision } from "../cluster/command.ts";
import { describeError, FlotillaError } from "../error.ts";
import { leaseTarget } from "../lease/places.ts";
import type { MachineLink } from "../machine/link.ts";
import { createExecutor } from "../reconcile/execute.ts";
import { plan } from "../reconcile/plan.ts";
import type { Sight } from "../reconcile/sight.ts";
import { wantedOn } from "../reconcile/wanted.ts";
import { reach } from "../schedule/catalog.ts";
import type { Office } from "./office.ts";

/** Steps that one unit may need in one go; more means that two of them undo each other. */
const STEPS_MAX = 30;

export interface UnitWork {
  /** Does what a unit needs until nothing is left to do, or it has to wait for another unit. */
  settle(unit: string): Promise<void>;
  /** What a unit waits for before it is started. */
  waitsFor(unit: string): string | undefined;
  /** Whoever waits for `unit` may look again. */
  wake(unit: string): void;
}

export interface UnitWorkOptions {
  readonly office: Office;
  readonly machineId: string;
  readonly link: MachineLink;
  readonly sight: Sight;
  /** A start that did not happen is tried again later. */
  readonly fail: (unit: string, problem: string, prepare: () => void) => void;
  readonly onWake: (unit: string) => void;
}

export function createUnitWork({ office, machineId, link, sight, fail, onWake }: UnitWorkOptions): UnitWork {
  const { clock, view, propose, log } = office;
  const waiting = new Map<string, string>();

  const decide = async (unit: string, decision: Decision): Promise<void> => {
    const answer = await propose(decision);
    if (!answer.ok) throw new FlotillaError(answer.code, answer.message, { at: unit });
  };
  const held = (unit: string, generation: number) => ({
    machine: machineId,
    bootId: link.inventory.bootId,
    units: [{ unit, generation }],
  });
  const execute = createExecutor(clock, link, sight, {
    release: (unit, generation) =>
      decide(unit, {
        kind: "release",
        held: held(unit, generation),
        proof: { kind: "stopped", machine: machineId, bootId: link.inventory.bootId },
      }),
    renewGeneration: (unit, generation, reason) =>
      decide(unit, { kind: "renew-generation", held: held(unit, generation), reason }),
    startFailed: (unit, problem) => {
      const { started } = sight.of(unit);
      // Until the next try it counts as started: each state that the failure brings would try again at once.
      fail(unit, problem, () => {
        if (sight.of(unit).started === started) sight.note(unit, { started: undefined });
        liftStartLimits(unit);
      });
      // Why systemd refused shows in the load state, which no signal carries.
      link.states([unit]).then(
        ([state]) => {
          if (state) sight.noteState(state);
          office.observed([unit]);
        },
        () => {}, // The connection is gone, and with it this sight.
      );
    },
  });
  /** What the unit requires may have failed too often in a row: systemd refuses to start it until that is forgotten. */
  const liftStartLimits = (unit: string): void => {
    for (const needed of reach(unit, view.catalog.requirements))
      if (sight.of(needed).active === "failed")
        link
          .resetFailed(needed)
          .catch((error) => log("debug", describeError(error), { machine: machineId, unit }));
  };
  const isPrepared = (unit: string): boolean => {
    if (unit === leaseTarget) return sight.of(leaseTarget).active === "active";
    if (!view.state.units.has(unit)) return true;
    const wanted = wantedOn(view, machineId, unit);
    if (wanted.kind === "absent") return false;
    const seen = sight.of(unit);
    const isPushed = seen.text === wanted.text && seen.dropIn === wanted.dropIn;
    return isPushed && (!wanted.exclusive || seen.gate === wanted.generation);
  };
  const wake = (unit: string): void => {
    for (const [waiter, awaited] of waiting) if (awaited === unit) onWake(waiter);
  };

  /** systemd has stopped along with the unit what requires it, and starts none of that again. */
  const startUsersAgain = async (unit: string): Promise<void> => {
    for (const user of reach(unit, view.catalog.requirers)) {
      const wanted = wantedOn(view, machineId, user);
      if (user === unit || wanted.kind !== "launched" || sight.of(user).started !== wanted.generation)
        continue;
      const reason = `${unit}, which it requires, was stopped`;
      if (wanted.exclusive)
        await decide(user, { kind: "renew-generation", held: held(user, wanted.generation), reason });
      else sight.note(user, { started: undefined });
      onWake(user);
    }
  };
  const isLoose = (unit: string) => view.state.loose.get(machineId)?.includes(unit) === true;

  const settle = async (unit: string): Promise<void> => {
    // Decided anew after each step: what is wanted may have changed while the last one was done.
    for (let count = 0; count < STEPS_MAX; count++) {
      const wanted = wantedOn(view, machineId, unit);
      const { steps, waitsFor } = plan(wanted, sight.of(unit), isPrepared);
      if (waitsFor === undefined) waiting.delete(unit);
      else waiting.set(unit, waitsFor);
      const [step] = steps;
      if (!step && isLoose(unit) && (wanted.kind === "absent" || wanted.exclusive))
        await decide(unit, { kind: "caught", machine: machineId, bootId: link.inventory.bootId, unit });
      if (!step) return office.observed([unit]);
      log("debug", `${step.do}: ${step.reason}`, { machine: machineId, unit });
      await execute(unit, step);
      if ((step.do === "stop" || step.do === "restart") && wanted.kind !== "absent")
        await startUsersAgain(unit);
      wake(unit);
    }
    throw new FlotillaError("unit-unsettled", `${STEPS_MAX} steps did not bring it where it should be`, {
      at: unit,
    });
  };
  return { settle, waitsFor: (unit) => waiting.get(unit), wake };
}
