import { FlotillaError } from "../../../src/error.ts";
import { withDeadline } from "../../../src/machine/deadline.ts";
import type { JobResult } from "../../../src/machine/jobs.ts";
import type { MachineLink } from "../../../src/machine/link.ts";
import { openSession } from "../../../src/machine/session.ts";
import type { UnitState } from "../../../src/machine/unit-state.ts";
import type { World } from "../whole/world.ts";
import { type Caller, openConnection, type SimulatedConnection } from "./connection.ts";
import type { Boot, SimulatedMachine } from "./machine.ts";

const connectLimitMs = 5_000;
const callLimitMs = 25_000;
const reloadMs = 40;

export interface Registering {
  readonly cluster: string;
  readonly epoch: number;
  readonly seq: number;
  readonly signal: AbortSignal;
}

/** The second implementation of MachineLink: the real session's client over a simulated connection. */
export async function connectSimulated(
  machine: SimulatedMachine,
  caller: Caller,
  as: Registering,
  world: World,
): Promise<MachineLink> {
  const at = machine.id;
  const boot = await reach(machine, caller, as.signal, world);
  const connection = openConnection(machine, boot, caller, as, world);
  const { life, channel } = connection;
  const abort = () => life.end(new FlotillaError("aborted", "connecting was given up", { at }));
  as.signal.addEventListener("abort", abort);
  try {
    const session = await openSession(channel, { at, clock: caller.clock, life, stderr: () => "" });
    const states: ((state: UnitState) => void)[] = [];
    await watchStates(connection, (state) => {
      for (const listener of states) listener(state);
    });
    return {
      ...systemdOver(connection, caller, at),
      ...filesOver(connection),
      ...session,
      get reading() {
        return session.reading;
      },
      watch: (listener) => void states.push(listener),
      onShutdown: connection.announced,
      allowShutdown: () => {},
      closed: life.ended,
      close: (reason = new FlotillaError("closed", "the connection was closed by us", { at })) =>
        life.end(reason),
    };
  } catch (error) {
    life.end(new FlotillaError("closed", "connecting failed", { at, cause: error }));
    throw error;
  } finally {
    as.signal.removeEventListener("abort", abort);
  }
}

/** Until the SSH connection stands: a few round trips, in which the machine has to answer. */
function reach(machine: SimulatedMachine, caller: Caller, signal: AbortSignal, world: World): Promise<Boot> {
  const { random, net, clock } = world;
  const at = machine.id;
  const trip = new Promise<Boot>((resolve) => {
    const tryOnce = (): void => {
      if (signal.aborted) return;
      const { boot } = machine;
      const isOpen = boot && !net.isCut(caller.id, at) && !net.isCut(at, caller.id);
      if (!isOpen) return void clock.after(300, tryOnce);
      boot.life.clock.after(10 + random() * 60 + net.lateMs(at), () =>
        machine.boot === boot && !net.isCut(at, caller.id)
          ? caller.life.happen(() => resolve(boot))
          : clock.after(300, tryOnce),
      );
    };
    tryOnce();
  });
  return withDeadline(trip, { clock: caller.clock, limitMs: connectLimitMs, what: "connecting", at });
}

/** Every change of state from now on. */
function watchStates(connection: SimulatedConnection, tell: (state: UnitState) => void): Promise<void> {
  return connection.ask<void>({
    what: "subscribe",
    by: "systemd",
    run: (boot, answer) => {
      boot.watchers.add((state) => connection.tell(() => tell(state)));
      answer();
    },
  });
}

function filesOver(
  connection: SimulatedConnection,
): Pick<MachineLink, "writeFiles" | "removeFiles" | "readFiles"> {
  return {
    writeFiles: (files) =>
      connection.ask<void>({
        what: `write ${files.map(({ path }) => path).join(" ")}`,
        by: "files",
        run: (boot, answer) => {
          for (const { path, text } of files) boot.files.set(path, text);
          answer();
        },
      }),
    removeFiles: (paths) =>
      connection.ask<void>({
        what: `remove ${paths.join(" ")}`,
        by: "files",
        run: (boot, answer) => {
          for (const path of paths) boot.files.delete(path);
          answer();
        },
      }),
    readFiles: (paths) =>
      connection.ask({
        what: "read",
        by: "files",
        run: (boot, answer) =>
          answer(new Map(paths.flatMap((path) => [[path, boot.files.get(path)] as const]).filter(isThere))),
      }),
  };
}

const isThere = (entry: readonly [string, string | undefined]): entry is readonly [string, string] =>
  entry[1] !== undefined;

function systemdOver(connection: SimulatedConnection, { clock }: Caller, at: string) {
  const call = <T>(what: string, run: (boot: Boot, answer: (value: T) => void) => void) =>
    withDeadline(connection.ask<T>({ what, by: "systemd", run }), { clock, limitMs: callLimitMs, what, at });
  const job = (verb: "start" | "stop" | "restart", unit: string): Promise<JobResult> =>
    connection.ask({
      what: `${verb} ${unit}`,
      by: "systemd",
      run: ({ systemd }, answer, refuse) => {
        if (!systemd.isLoaded(unit) && !unit.includes("@") && systemd.state(unit).active === "inactive")
          return refuse(new FlotillaError("systemd-no-such-unit", `Unit ${unit} not found.`, { at }));
        systemd[verb](unit, answer);
      },
    });
  return {
    reload: () =>
      call<void>("reload", (boot, answer) => {
        boot.pid1.clock.after(reloadMs, () => {
          boot.systemd.reload();
          answer();
        });
      }),
    start: (unit: string) => job("start", unit),
    stop: (unit: string) => job("stop", unit),
    restart: (unit: string) => job("restart", unit),
    resetFailed: (unit: string) =>
      call<void>(`reset-failed ${unit}`, ({ systemd }, answer) => {
        systemd.resetFailed(unit);
        answer();
      }),
    states: (units: readonly string[]) =>
      call<UnitState[]>("list", ({ systemd }, answer) => answer(units.map((unit) => systemd.state(unit)))),
    show: (unit: string) =>
      call<Awaited<ReturnType<MachineLink["show"]>>>(`show ${unit}`, ({ systemd }, answer) => {
        const shown = systemd.definition(unit);
        answer({
          fragmentPath: shown?.fragmentPath ?? "",
          dropInPaths: shown?.dropInPaths ?? [],
          slice: shown?.slice ?? "",
          requisite: shown?.requisite ?? [],
          asserts: (shown?.asserts ?? []).map(({ key, path }) => `${key}=${path}`),
          needDaemonReload: systemd.needsReload(unit),
        });
      }),
    hasProcesses: (unit: string) =>
      call<boolean>(`processes ${unit}`, ({ systemd }, answer) =>
        answer(
          [...systemd.cells()].some(({ name, copy }) => name === unit && copy !== undefined && !copy.mount),
        ),
      ),
  };
}
