import { leaseSlice, leaseTarget } from "../../../src/lease/places.ts";
import type { JobResult } from "../../../src/machine/jobs.ts";
import type { UnitState } from "../../../src/machine/unit-state.ts";
import type { Life } from "../clock.ts";
import { type Definition, define, loadDefinitions, sourceOf } from "./definition.ts";

export type Active = "inactive" | "activating" | "active" | "deactivating" | "failed";

/** A unit in systemd's memory. */
export interface Cell {
  readonly name: string;
  active: Active;
  /** What runs (a process, a mount) and what it was started from; undefined: nothing is left of it. */
  copy: Definition | undefined;
  job: Job | undefined;
  /** Changes whenever what was under way for it is void. */
  turn: number;
}

interface Job {
  readonly kind: "start" | "stop";
  readonly done: ((result: JobResult) => void)[];
}

/** How one start or stop goes on this machine, drawn anew each time. */
export interface Conduct {
  readonly startMs: number;
  readonly stopMs: number;
  readonly isFailing: boolean;
}

/** What PID 1 needs from the machine around it. */
export interface Surroundings {
  readonly life: Life;
  files(): ReadonlyMap<string, string>;
  holds(assert: { readonly key: string; readonly path: string }): boolean;
  conduct(definition: Definition): Conduct;
  /** Something came to life or ended. */
  lived(definition: Definition, isAlive: boolean): void;
  changed(state: UnitState): void;
}

/** PID 1, with as much of its semantics as the lease stands on: jobs, ordering, Requisite=, PartOf=, asserts, cgroup. */
export interface SimulatedSystemd {
  reload(): void;
  start(unit: string, done: (result: JobResult) => void): void;
  stop(unit: string, done: (result: JobResult) => void): void;
  restart(unit: string, done: (result: JobResult) => void): void;
  resetFailed(unit: string): void;
  state(unit: string): UnitState;
  definition(unit: string): Definition | undefined;
  isLoaded(unit: string): boolean;
  needsReload(unit: string): boolean;
  cells(): Iterable<Cell>;
  /** Ends everything in a unit at once, past PID 1, which sees it a little later. */
  kill(unit: string): void;
}

/** systemd's DefaultTimeoutStopSec=. */
export const stopTimeoutMs = 90_000;
const noticeMs = 3;
const restartMs = 3_000;

export function createSimulatedSystemd(around: Surroundings): SimulatedSystemd {
  const { life } = around;
  const cells = new Map<string, Cell>();
  let definitions = new Map<string, Definition>();

  /** A unit that is not loaded yet is loaded when somebody names it; one that is loaded waits for a daemon-reload. */
  const load = (name: string): Definition | undefined => {
    if (!definitions.has(name) && sourceOf(name, around.files()) !== undefined)
      definitions.set(name, define(name, around.files()));
    return definitions.get(name);
  };
  const cellOf = (name: string): Cell => {
    const known = cells.get(name);
    if (known) return known;
    const cell: Cell = { name, active: "inactive", copy: undefined, job: undefined, turn: 0 };
    cells.set(name, cell);
    return cell;
  };
  const stateOf = (name: string): UnitState => ({
    name,
    load: definitions.has(name) ? "loaded" : "not-found",
    active: cells.get(name)?.active ?? "inactive",
    sub: "",
  });
  const become = (cell: Cell, active: Active): void => {
    if (cell.active === active) return;
    cell.active = active;
    around.changed(stateOf(cell.name));
  };
  const live = (cell: Cell, definition: Definition | undefined): void => {
    const before = cell.copy;
    cell.copy = definition;
    if (before) around.lived(before, false);
    if (definition) around.lived(definition, true);
  };
  /** Ends its job; true, because something changed. */
  const finish = (cell: Cell, result: JobResult): true => {
    const { job } = cell;
    cell.job = undefined;
    for (const done of job?.done ?? []) done(result);
    if (job?.kind === "start" && result !== "done" && result !== "canceled")
      for (const other of dependents(cell.name, ["requires", "bindsTo"]))
        if (other.job?.kind === "start" && other.active !== "active") finish(other, "dependency");
    return true;
  };
  const dependents = (name: string, kinds: readonly ("requires" | "bindsTo" | "requisite" | "partOf")[]) =>
    [...cells.values()].filter((cell) => {
      const definition = definitions.get(cell.name);
      if (!definition) return false;
      const isMountUser = kinds.includes("requires") && mountsOf(definition).includes(name);
      return isMountUser || kinds.some((kind) => definition[kind].includes(name));
    });
  const mountsOf = (definition: Definition): string[] =>
    [...definitions.values()].flatMap(({ name, mount }) =>
      mount && name !== definition.name && definition.mountsFor.some((path) => isBelow(path, mount.where))
        ? [name]
        : [],
    );
  const after = (name: string): string[] => {
    const definition = definitions.get(name);
    return definition ? [...definition.after, ...mountsOf(definition)] : [];
  };
  const enqueue = (name: string, kind: Job["kind"], done: (result: JobResult) => void): void => {
    const cell = cellOf(name);
    if (cell.job?.kind === kind) return void cell.job.done.push(done);
    const old = cell.job;
    cell.job = { kind, done: [done] };
    for (const one of old?.done ?? []) one("canceled");
  };
  /** The unit and everything that its job brings along. */
  const closure = (name: string, next: (name: string) => readonly string[]): Set<string> => {
    const all = new Set([name]);
    for (const one of all) for (const other of next(one)) all.add(other);
    return all;
  };
  const pulledIn = (name: string): string[] => {
    const definition = definitions.get(name);
    if (!definition) return [];
    return [...definition.requires, ...definition.bindsTo, ...mountsOf(definition)].filter((other) =>
      definitions.has(other),
    );
  };

  const isBlocked = (cell: Cell, { kind }: Job): boolean => {
    const hasJob = (name: string, of?: Job["kind"]) => {
      const job = cells.get(name)?.job;
      return job !== undefined && (of === undefined || job.kind === of);
    };
    if (kind === "start" && after(cell.name).some((name) => hasJob(name))) return true;
    return [...cells.values()].some(
      (other) => hasJob(other.name, "stop") && after(other.name).includes(cell.name),
    );
  };
  const pump = (): void => {
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const cell of cells.values())
        if (cell.job && !isBlocked(cell, cell.job))
          isMoving = (cell.job.kind === "start" ? begin : end)(cell) || isMoving;
    }
  };
  /** Goes on with a start; true when something changed. */
  const begin = (cell: Cell): boolean => {
    if (cell.active === "activating" || cell.active === "deactivating") return false;
    const definition = definitions.get(cell.name);
    if (cell.active === "active" && (cell.copy || cell.name.endsWith(".target"))) return finish(cell, "done");
    if (!definition) return finish(cell, "failed");
    const bound = [
      ...definition.requisite,
      ...definition.bindsTo.filter((name) => definition.after.includes(name)),
    ];
    if (bound.some((name) => cells.get(name)?.active !== "active")) return finish(cell, "dependency");
    if (!definition.asserts.every(around.holds)) return finish(cell, "assert");
    if (cell.name.endsWith(".target")) {
      become(cell, "active");
      return finish(cell, "done");
    }
    const { startMs, isFailing } = around.conduct(definition);
    const turn = ++cell.turn;
    live(cell, definition);
    become(cell, "activating");
    later(startMs, cell, turn, () => {
      if (isFailing) {
        live(cell, undefined);
        noticeEnd(cell);
      } else {
        become(cell, "active");
        if (cell.job?.kind === "start") finish(cell, "done");
      }
    });
    return true;
  };
  const end = (cell: Cell): boolean => {
    if (cell.active === "deactivating") return false;
    if (!cell.copy) {
      cell.turn++;
      become(cell, cell.active === "failed" ? "failed" : "inactive");
      return finish(cell, "done");
    }
    const turn = ++cell.turn;
    become(cell, "deactivating");
    later(around.conduct(cell.copy).stopMs, cell, turn, () => {
      live(cell, undefined);
      become(cell, "inactive");
      if (cell.job?.kind === "stop") finish(cell, "done");
    });
    return true;
  };
  const later = (ms: number, cell: Cell, turn: number, run: () => void): void => {
    life.clock.after(ms, () => {
      if (cell.turn !== turn) return;
      run();
      pump();
    });
  };
  /** PID 1 sees that a unit's processes are gone. */
  const noticeEnd = (cell: Cell): void => {
    const wasStopping = cell.active === "deactivating";
    become(cell, wasStopping ? "inactive" : "failed");
    if (cell.job?.kind === "stop" || (cell.job && !wasStopping))
      finish(cell, cell.job.kind === "stop" ? "done" : "failed");
    for (const other of dependents(cell.name, ["bindsTo"])) enqueue(other.name, "stop", () => {});
    if (!wasStopping && definitions.get(cell.name)?.isRestarting) restartLater(cell);
    pump();
  };
  /** Until then it is "activating", and a stop calls it off. */
  const restartLater = (cell: Cell): void => {
    const turn = ++cell.turn;
    become(cell, "activating");
    later(restartMs, cell, turn, () => {
      become(cell, "failed");
      enqueue(cell.name, "start", () => {});
    });
  };

  const systemd: SimulatedSystemd = {
    reload: () => {
      definitions = loadDefinitions(around.files());
      for (const cell of cells.values())
        if (!definitions.has(cell.name) && !cell.copy && !cell.job && cell.active !== "inactive")
          become(cell, "inactive");
    },
    start: (unit, done) => {
      load(unit);
      for (const name of closure(unit, pulledIn)) enqueue(name, "start", name === unit ? done : () => {});
      pump();
    },
    stop: (unit, done) => {
      const stopped = closure(unit, (name) =>
        dependents(name, ["requires", "bindsTo", "requisite", "partOf"]).map((cell) => cell.name),
      );
      for (const name of stopped) {
        const cell = cellOf(name);
        const isAtRest = !cell.copy && !cell.job && cell.active !== "active";
        if (name === unit || !isAtRest) enqueue(name, "stop", name === unit ? done : () => {});
      }
      pump();
    },
    restart: (unit, done) => {
      systemd.stop(unit, (result) => {
        if (result === "done") life.clock.after(0, () => systemd.start(unit, done));
        else done(result);
      });
    },
    resetFailed: (unit) => {
      const cell = cells.get(unit);
      if (cell?.active === "failed") become(cell, "inactive");
    },
    state: stateOf,
    definition: load,
    isLoaded: (unit) => load(unit) !== undefined,
    needsReload: (unit) => definitions.get(unit)?.source !== sourceOf(unit, around.files()),
    cells: () => cells.values(),
    kill: (unit) => {
      const cell = cells.get(unit);
      if (!cell?.copy) return;
      const turn = ++cell.turn;
      live(cell, undefined);
      life.clock.after(noticeMs, () => cell.turn === turn && noticeEnd(cell));
    },
  };
  return systemd;
}

export const isInSlice = ({ slice }: Definition): boolean => slice === leaseSlice;
export const isLeaseUp = (systemd: SimulatedSystemd): boolean =>
  systemd.state(leaseTarget).active === "active";

function isBelow(path: string, mountPoint: string): boolean {
  return path === mountPoint || path.startsWith(mountPoint === "/" ? "/" : `${mountPoint}/`);
}
