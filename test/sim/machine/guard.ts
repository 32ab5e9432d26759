import { furthestDeadlineCs } from "../../../src/lease/places.ts";
import type { Life } from "../clock.ts";

/** /run/flotilla of one boot: what session and guards share. */
export interface RunDirectory {
  registered: { readonly cluster: string; readonly epoch: number; readonly seq: number } | undefined;
  deadlineCs: number;
  isValid: boolean;
  readonly gates: Map<string, number>;
  readonly started: Map<string, number>;
  readonly mounts: Map<string, string>;
  readonly fenced: Set<number>;
}

export const emptyRunDirectory = (): RunDirectory => ({
  registered: undefined,
  deadlineCs: 0,
  isValid: false,
  gates: new Map(),
  started: new Map(),
  mounts: new Map(),
  fenced: new Set(),
});

/** In centiseconds, as the pushed script has them. */
export interface GuardTimes {
  readonly graceCs: number;
  readonly unmountCs: number;
  readonly rebootCs: number;
  readonly tickCs: number;
}

export function readGuardTimes(script: string): GuardTimes {
  const [, grace, unmount, reboot, tick] =
    /^GRACE=(\d+) UNMOUNT=(\d+) REBOOT=(\d+) TICK=(\d+)$/m.exec(script) ?? [];
  if (!tick) throw new Error("the guard's script has no times");
  return {
    graceCs: Number(grace),
    unmountCs: Number(unmount),
    rebootCs: Number(reboot),
    tickCs: Number(tick),
  };
}

/** What a guard does to the machine around it. */
export interface Guarded {
  readonly run: RunDirectory;
  readonly life: Life;
  times(): GuardTimes;
  nowCs(): number;
  /** How late this wake-up is, in milliseconds. */
  jitterMs(): number;
  /** Processes in the slice. */
  isBusy(): boolean;
  /** Whether the lease target is up, as its companion tells. */
  isHeld(): boolean;
  isMounted(path: string): boolean;
  /** An earlier order to stop the target that PID 1 has not taken yet. */
  isStopping(): boolean;
  startTarget(): void;
  stopTarget(): void;
  killSlice(): void;
  unmount(path: string): void;
  reboot(): void;
}

/** The guard's script, line by line, in the simulator's language; it ends with its life. */
export function startGuard(guarded: Guarded): void {
  const { run, life } = guarded;
  let [dl, over, asked, looked] = [0, 0, 0, 0];
  let mounts: readonly string[] = [];
  let now = guarded.nowCs();

  const load = () => {
    if (run.deadlineCs <= now + furthestDeadlineCs) dl = run.deadlineCs;
    mounts = [...run.mounts.values()];
  };
  const areMountsLeft = () => mounts.some(guarded.isMounted);
  const isLeft = () => guarded.isBusy() || guarded.isHeld() || areMountsLeft() || guarded.isStopping();
  const grant = () => {
    over = 0;
    run.isValid = true;
    if (guarded.isHeld() || now < asked) return;
    asked = now + 100;
    guarded.startTarget();
  };
  const begin = () => {
    asked = looked = 0;
    const { graceCs } = guarded.times();
    if (dl > now || dl === 0) over = now + graceCs;
    else {
      over = Math.max(dl + graceCs, now);
      run.fenced.add(dl);
    }
  };
  const isDue = () => {
    if (guarded.isBusy() || guarded.isHeld()) return true;
    if (now < looked) return false;
    looked = now + 100;
    return areMountsLeft();
  };
  const force = () => {
    const { unmountCs, rebootCs } = guarded.times();
    if (guarded.isBusy()) guarded.killSlice();
    else if (!areMountsLeft()) return;
    else if (now >= over + unmountCs && now >= looked) {
      looked = now + 50;
      for (const path of mounts) if (guarded.isMounted(path)) guarded.unmount(path);
    }
    if (now >= over + rebootCs) guarded.reboot();
  };
  const fence = () => {
    if (run.isValid) {
      load();
      if (now < dl) return;
      run.isValid = false;
    }
    if (over === 0) {
      if (!isDue()) return;
      begin();
    }
    const hadGates = run.gates.size > 0;
    run.gates.clear();
    if (!isLeft()) {
      if (!hadGates) over = 0;
      return;
    }
    if (now >= asked) {
      asked = now + 100;
      guarded.stopTarget();
    }
    if (now >= over) force();
  };
  const step = () => {
    now = guarded.nowCs();
    load();
    if (now < dl && (run.isValid || !isLeft())) grant();
    else fence();
    const { tickCs, unmountCs, rebootCs } = guarded.times();
    const next = [dl, over, over + unmountCs, over + rebootCs].filter((at) => at > now && at - now < tickCs);
    life.clock.after(Math.min(tickCs, ...next.map((at) => at - now)) * 10 + guarded.jitterMs(), step);
  };
  step();
}
