import { guardUnits, leaseTarget, unitDirectory } from "../../../src/lease/places.ts";
import type { UnitState } from "../../../src/machine/unit-state.ts";
import { createLife, type Life, rated } from "../clock.ts";
import type { World } from "../whole/world.ts";
import type { Definition } from "./definition.ts";
import { emptyRunDirectory, type RunDirectory, readGuardTimes, startGuard } from "./guard.ts";
import {
  createSimulatedSystemd,
  isInSlice,
  isLeaseUp,
  type SimulatedSystemd,
  stopTimeoutMs,
} from "./systemd.ts";

/** What one boot of a machine is made of: all of it is gone with the next. */
export interface Boot {
  readonly id: string;
  readonly life: Life;
  /** PID 1 can stand still while the rest of the machine goes on. */
  readonly pid1: Life;
  readonly run: RunDirectory;
  readonly files: Map<string, string>;
  readonly systemd: SimulatedSystemd;
  readonly watchers: Set<(state: UnitState) => void>;
  /** Called at the end of the boot, and by whoever shuts the machine down. */
  readonly connections: Set<{ cut(): void; announce(isComing: boolean): void }>;
  nowCs(): number;
}

export interface SimulatedMachine {
  readonly id: string;
  /** How far its clock's rate is assumed to be off at most, in parts per million. */
  readonly clockRatePpm: number;
  boot: Boot | undefined;
  /** Unit names of mounts that cannot be unmounted by hand now. */
  readonly stuck: Set<string>;
  /** Of later starts and stops. */
  slowness: number;
  powerOn(): void;
  powerOff(): void;
  /** Kills a guard; PID 1 starts it again. */
  killGuard(which: 0 | 1): void;
  freeze(): void;
  thaw(): void;
}

const guardScript = `${unitDirectory}/flotilla-guard.sh`;
const guardRestartMs = 100;
const lateMs = 240;
const rebootMsMax = 300;
const bootMsMin = 2_000;

export function createSimulatedMachine(id: string, clockRatePpm: number, world: World): SimulatedMachine {
  const { random, trace, clock } = world;
  const rate = 1 + ([-1, -1, 1, 2 * random() - 1][Math.floor(random() * 4)]! * clockRatePpm) / 1e6;
  let boots = 0;
  let guards: (Life | undefined)[] = [];

  const powerOff = (): void => {
    const { boot } = machine;
    if (!boot) return;
    trace(`${id} is off`);
    machine.boot = undefined;
    boot.life.end();
    for (const cell of boot.systemd.cells()) if (cell.copy) world.judge.ended(id, boot.id, cell.copy.name);
  };
  const rebootHard = (): void => {
    const { boot } = machine;
    boot?.life.clock.after(random() * rebootMsMax, () => {
      trace(`${id} reboots as the last resort`);
      world.judge.reboots++;
      powerOff();
      clock.after(bootMsMin + random() * 8_000, powerOn);
    });
  };
  const powerOn = (): void => {
    if (machine.boot) return;
    boots++;
    const bootId = `${String(boots).padStart(8, "0")}-0000-4000-8000-${id.slice(-12)}`;
    machine.boot = startBoot(machine, bootId, rate, boots === 1 ? random() * 6e5 : 2_000, world, {
      startGuards,
    });
    guards = [];
    world.judge.stands(id, false);
    trace(`${id} boots: ${bootId.slice(0, 8)}`);
  };
  const startGuards = (boot: Boot, which: number): void => {
    if (guards[which]) return;
    const life = createLife(boot.life.clock);
    guards[which] = life;
    let pending = 0;
    const ask = (order: () => void) => {
      pending++;
      let isDone = false;
      const settle = () => {
        if (!isDone) pending--;
        isDone = true;
      };
      boot.life.clock.after(5_000, settle); // `timeout 5 systemctl`
      boot.pid1.clock.after(1 + random() * 5, () => {
        if (!isDone) order();
        settle();
      });
    };
    const { systemd, run } = boot;
    const copies = () => [...systemd.cells()].flatMap(({ copy }) => copy ?? []);
    startGuard({
      run,
      life: { ...life, clock: rated(life.clock, rate, 0) },
      times: () => readGuardTimes(boot.files.get(guardScript) ?? ""),
      nowCs: boot.nowCs,
      jitterMs: () => random() * (random() < 0.9 ? 8 : lateMs),
      isBusy: () => copies().some((copy) => isInSlice(copy) && !copy.mount),
      isHeld: () => isLeaseUp(systemd),
      isMounted: (path) => copies().some(({ mount }) => mount?.where === path),
      isStopping: () => pending > 0,
      startTarget: () => {
        boot.pid1.clock.after(1 + random() * 5, () => systemd.start(leaseTarget, () => {}));
      },
      stopTarget: () => ask(() => systemd.stop(leaseTarget, () => {})),
      killSlice: () => {
        for (const copy of copies()) if (isInSlice(copy) && !copy.mount) systemd.kill(copy.name);
      },
      unmount: (path) => {
        const mounted = copies().find(({ mount }) => mount?.where === path);
        if (!mounted || machine.stuck.has(mounted.name)) return;
        boot.life.clock.after(5 + random() * 50, () => systemd.kill(mounted.name));
      },
      reboot: rebootHard,
    });
  };
  const machine: SimulatedMachine = {
    ...{ id, clockRatePpm, boot: undefined, stuck: new Set(), slowness: 1, powerOn, powerOff },
    killGuard: (which) => {
      const { boot } = machine;
      if (!boot || !guards[which]) return;
      trace(`${id}: guard ${which} is killed`);
      guards[which].end();
      guards[which] = undefined;
      boot.pid1.clock.after(guardRestartMs, () => startGuards(boot, which));
    },
    freeze: () => {
      trace(`${id} freezes`);
      machine.boot?.life.freeze();
      world.judge.stands(id, true);
    },
    thaw: () => {
      trace(`${id} goes on`);
      machine.boot?.life.thaw();
      world.judge.stands(id, false);
    },
  };
  return machine;
}

interface Guards {
  startGuards(boot: Boot, which: number): void;
}

function startBoot(
  machine: SimulatedMachine,
  bootId: string,
  rate: number,
  uptimeMs: number,
  world: World,
  { startGuards }: Guards,
): Boot {
  const life = createLife(world.clock);
  const pid1 = createLife(life.clock);
  const clock = rated(life.clock, rate, uptimeMs - world.clock.now() * rate);
  const run = emptyRunDirectory();
  const files = new Map<string, string>();
  const watchers = new Set<(state: UnitState) => void>();
  const { random, judge } = world;
  const conduct = ({ name }: Definition) => ({
    startMs: random() * (name.endsWith(".mount") ? 50 : 200) * machine.slowness,
    stopMs: machine.stuck.has(name)
      ? stopTimeoutMs
      : random() * (random() < 0.9 ? 300 : 4_000) * machine.slowness,
    isFailing: random() < 0.03 * machine.slowness,
  });
  const systemd = createSimulatedSystemd({
    life: pid1,
    files: () => files,
    holds: ({ key, path }) =>
      key === "AssertFileNotEmpty"
        ? run.isValid
        : world.mutant === "no-gate" || run.gates.has(path.slice(path.lastIndexOf("/") + 1)),
    conduct,
    lived: (definition, isAlive) => {
      if (definition.name.startsWith("flotilla-")) return;
      if (isAlive) judge.began(machine.id, bootId, definition, run.started.get(definition.name));
      else judge.ended(machine.id, bootId, definition.name);
    },
    changed: (state) => {
      for (const watcher of watchers) watcher(state);
    },
  });
  const boot: Boot = {
    ...{ id: bootId, life, pid1, run, files, watchers, connections: new Set() },
    systemd: {
      ...systemd,
      start: (unit, done) => {
        const which = guardUnits.indexOf(unit as (typeof guardUnits)[number]);
        if (which < 0) return systemd.start(unit, done);
        if (files.has(guardScript)) startGuards(boot, which);
        done(files.has(guardScript) ? "done" : "failed");
      },
    },
    nowCs: () => Math.floor(clock.now() / 10),
  };
  return boot;
}
