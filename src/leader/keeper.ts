import { sleep } from "../clock.ts";
import { describeError, FlotillaError } from "../error.ts";
import type { MachineLink } from "../machine/link.ts";
import { reconnectDelayMs } from "../machine/reconnect.ts";
import type { Sight } from "../reconcile/sight.ts";
import { type Attendance, attend } from "./attendance.ts";
import { createMachineLease, type MachineLease } from "./machine-lease.ts";
import type { Office } from "./office.ts";

/** `connecting`: never reached by this leader · `ready`: renewed and settled · `away`: lost, being reconnected. */
export type Phase = "connecting" | "ready" | "away";

/** The leader's side of one machine: keeps a connection to it, its lease, and its units where they should be. */
export interface Keeper {
  readonly machine: string;
  readonly lease: MachineLease;
  phase(): Phase;
  problem(): string | undefined;
  /** What is known of its units; undefined while nobody reaches it. */
  sight(): Sight | undefined;
  settle(unit: string): void;
  unitProblem(unit: string): string | undefined;
  waitsFor(unit: string): string | undefined;
  /** Connects anew, for the sake of what is only done then. */
  renew(reason: string): void;
  /** Its units have left: the machine may shut down. */
  allowShutdown(): void;
  end(): void;
}

export interface KeeperEvents {
  onReady(): void;
  /** After each loss and each failed attempt. */
  onAway(reason: string): void;
}

export function createKeeper(machineId: string, office: Office, events: KeeperEvents): Keeper {
  const { clock, view, log } = office;
  const over = new AbortController();
  const lease = createMachineLease(machineId, office);
  let phase: Phase = "connecting";
  let problem: string | undefined;
  let link: MachineLink | undefined;
  let attendance: Attendance | undefined;

  const keep = async (): Promise<void> => {
    let hadLapsed = false;
    for (let seq = 1, failures = 0; !over.signal.aborted; seq++) {
      const machine = view.state.machines.get(machineId);
      if (!machine) return;
      try {
        link = await office.connect(machine, seq, over.signal);
        begin(await attend(office, machineId, link, hadLapsed), link);
        failures = 0;
        const reason = await link.closed;
        hadLapsed = reason.code === "lease-lapsed";
        problem = reason.message;
        log("warning", `connection lost: ${problem}`, { machine: machineId });
      } catch (error) {
        if (describeError(error) !== problem) log("info", describeError(error), { machine: machineId });
        problem = describeError(error);
        hadLapsed ||= error instanceof FlotillaError && error.code === "lease-lapsed";
        failures++;
      }
      leave();
      if (!over.signal.aborted) await sleep(clock, reconnectDelayMs(failures, office.random()));
    }
  };
  const begin = (begun: Attendance, to: MachineLink): void => {
    attendance = begun;
    phase = "ready";
    problem = undefined;
    lease.use(to);
    log("info", "ready", { machine: machineId });
    const mine = new Set([...begun.sight.units(), ...view.placedOn(machineId), ...view.catalog.globals]);
    for (const unit of mine) begun.settling.settle(unit);
    office.observed(mine);
    events.onReady();
  };
  const leave = (): void => {
    lease.use(undefined);
    link?.close();
    attendance?.settling.end();
    const units = [...(attendance?.sight.units() ?? [])];
    link = attendance = undefined;
    phase = "away";
    office.observed(units);
    if (!over.signal.aborted) events.onAway(problem ?? "no connection");
  };

  queueMicrotask(() => void keep());
  return {
    machine: machineId,
    lease,
    phase: () => phase,
    problem: () => problem,
    sight: () => attendance?.sight,
    settle: (unit) => attendance?.settling.settle(unit),
    unitProblem: (unit) => attendance?.settling.problem(unit),
    waitsFor: (unit) => attendance?.work.waitsFor(unit),
    renew: (reason) => link?.close(new FlotillaError("renewed", reason, { at: machineId })),
    allowShutdown: () => link?.allowShutdown(),
    end: () => {
      over.abort();
      leave();
    },
  };
}
