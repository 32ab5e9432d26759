import { sleep } from "../clock.ts";
import { isObeying } from "../cluster/machines.ts";
import { describeError, FlotillaError } from "../error.ts";
import type { MachineLink } from "../machine/link.ts";
import { reconnectDelayMs } from "../machine/reconnect.ts";
import type { Sight } from "../reconcile/sight.ts";
import { type Attendance, attend } from "./attendance.ts";
import { createMachineLease, type MachineLease } from "./machine-lease.ts";
import type { Office } from "./office.ts";

/** `connecting`: never reached by this leader · `ready`: renewed and settled · `away`: lost, being reconnected. */
export type Phase = "connecting" | "ready" | "away";

/** How long a machine may take to be listed and cleaned before the connection is given up, in milliseconds. */
const ATTEND_MS_MAX = 15_000;

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
  /** Connects anew if the state does not count the machine among those that are renewed. */
  checkStanding(): void;
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
        begin(await inTime(attend(office, machineId, link, hadLapsed), link), link);
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
  /** A machine whose PID 1 stands still answers nothing, for as long as a D-Bus call may take. */
  const inTime = async <T>(attending: Promise<T>, to: MachineLink): Promise<T> => {
    const late = new FlotillaError("machine-slow", `not ready within ${ATTEND_MS_MAX} ms`, { at: machineId });
    const cancel = clock.after(ATTEND_MS_MAX, () => to.close(late));
    return attending.finally(cancel);
  };
  const begin = (begun: Attendance, to: MachineLink): void => {
    attendance = begun;
    phase = "ready";
    problem = undefined;
    lease.use(to);
    log("info", "ready", { machine: machineId });
    const mine = new Set([
      ...begun.sight.units(),
      ...view.placedOn(machineId),
      ...view.catalog.globals,
      ...view.standby.keys(),
      ...(view.state.loose.get(machineId) ?? []),
    ]);
    for (const unit of mine) begun.settling.settle(unit);
    checkStanding();
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

  /** A suspicion that was under way when the machine became ready is withdrawn by connecting anew. */
  const checkStanding = (): void => {
    const machine = view.state.machines.get(machineId);
    if (phase === "ready" && machine && !isObeying(machine))
      link?.close(new FlotillaError("suspected", `it is ${machine.status}`, { at: machineId }));
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
    checkStanding,
    renew: (reason) => link?.close(new FlotillaError("renewed", reason, { at: machineId })),
    allowShutdown: () => link?.allowShutdown(),
    end: () => {
      over.abort();
      leave();
    },
  };
}
