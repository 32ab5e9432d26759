import { FlotillaError } from "../error.ts";
import type { Shown } from "../lease/shown.ts";
import type { Bus } from "./dbus/bus.ts";
import { createJobs, type JobResult } from "./jobs.ts";
import type { Lifetime } from "./lifetime.ts";
import { showUnit } from "./unit-properties.ts";
import { changedState, listedStates, type UnitState } from "./unit-state.ts";

/** systemd's Manager on one machine. Errors of systemd are "systemd-...", as in "systemd-no-such-unit". */
export interface Systemd {
  reload(): Promise<void>;
  /** Resolves when the job has left systemd's queue; events about its unit came before. */
  start(unit: string): Promise<JobResult>;
  stop(unit: string): Promise<JobResult>;
  restart(unit: string): Promise<JobResult>;
  resetFailed(unit: string): Promise<void>;
  /** Of exactly these units, in their order; systemd loads them if it had not. */
  states(units: readonly string[]): Promise<UnitState[]>;
  show(unit: string): Promise<Shown>;
  /** Whether a process is left in the unit's cgroup. */
  hasProcesses(unit: string): Promise<boolean>;
  /** Every change of every unit's state, as it happens; systemd's repetitions are left out. */
  watch(onState: (state: UnitState) => void): void;
}

const manager = { path: "/org/freedesktop/systemd1", interface: "org.freedesktop.systemd1.Manager" };
/** PID 1 reads every unit file of the machine meanwhile; systemctl waits as long. */
const reloadLimitMs = 90_000;

/** Resolves once systemd answered, so authentication was accepted and changes are being told. */
export async function openSystemd(bus: Bus, life: Lifetime): Promise<Systemd> {
  const call = (member: string, signature = "", ...body: readonly (string | readonly string[])[]) =>
    bus.call({ ...manager, member, signature, body });
  const run = createJobs(bus, life, manager);
  // What was last told or listed of each unit that systemd has in memory.
  const known = new Map<string, UnitState>();
  const listeners: ((state: UnitState) => void)[] = [];
  bus.onSignal((signal) => {
    if (signal.member === "UnitRemoved" && signal.arg0 !== undefined) known.delete(signal.arg0);
    const state = changedState(signal, (name) => known.get(name)?.load ?? "loaded");
    if (!state || isSame(state, known.get(state.name))) return;
    known.set(state.name, state);
    for (const listener of listeners) listener(state);
  });
  await call("Subscribe");

  return {
    reload: async () => void (await bus.call({ ...manager, member: "Reload" }, reloadLimitMs)),
    start: (unit) => run("StartUnit", unit),
    stop: (unit) => run("StopUnit", unit),
    restart: (unit) => run("RestartUnit", unit),
    resetFailed: async (unit) => void (await call("ResetFailedUnit", "s", unit)),
    states: async (units) => {
      const states = listedStates(await call("ListUnitsByNames", "as", units));
      for (const state of states) known.set(state.name, state);
      return states;
    },
    show: (unit) => showUnit(bus, unit),
    hasProcesses: async (unit) => {
      // A unit that systemd has forgotten already had nothing left.
      const [processes] = await call("GetUnitProcesses", "s", unit).catch((error: unknown) => {
        if (error instanceof FlotillaError && error.code === "systemd-no-such-unit") return [[]];
        throw error;
      });
      return Array.isArray(processes) && processes.length > 0;
    },
    watch: (onState) => void listeners.push(onState),
  };
}

function isSame(one: UnitState, other: UnitState | undefined): boolean {
  return one.active === other?.active && one.sub === other.sub && one.sinceUs === other.sinceUs;
}
