import { unitDirectory } from "../../src/lease/places.ts";
import { createLifetime } from "../../src/machine/lifetime.ts";
import type { JobResult, MachineLink, UnitState } from "../../src/machine/link.ts";

/** A machine that is reached at once and does what it is told, and what tests make it do besides. */
export interface FakeMachine {
  readonly link: MachineLink;
  readonly files: Map<string, string>;
  readonly active: Map<string, string>;
  readonly started: Map<string, number>;
  /** Units with processes that no stop can kill. */
  readonly unkillable: Set<string>;
  /** How jobs end, if not well. */
  readonly results: Map<string, JobResult>;
  /** What was done, as `stop x.service`. */
  readonly done: string[];
  become(unit: string, active: string): void;
}

export function fakeMachine(id: string, bootId = `boot-of-${id}`): FakeMachine {
  const life = createLifetime();
  const listeners: ((state: UnitState) => void)[] = [];
  const files = new Map<string, string>();
  const active = new Map<string, string>();
  const gates = new Map<string, number>();
  const started = new Map<string, number>();
  const unkillable = new Set<string>();
  const results = new Map<string, JobResult>();
  const done: string[] = [];
  const stateOf = (name: string): UnitState => {
    const state = active.get(name) ?? "inactive";
    return { name, load: "loaded", active: state, sub: state };
  };
  const become = (unit: string, state: string): void => {
    active.set(unit, state);
    for (const listener of listeners) listener(stateOf(unit));
  };
  const act = async <T>(what: string, run: () => T): Promise<T> => {
    if (life.reason) throw life.reason;
    done.push(what);
    return run();
  };
  const job = (verb: string, unit: string, state: string): Promise<JobResult> =>
    act(`${verb} ${unit}`, () => {
      const result = results.get(`${verb} ${unit}`) ?? "done";
      if (result === "done") become(unit, unkillable.has(unit) && verb === "stop" ? "failed" : state);
      return result;
    });
  const asserts = (unit: string) => [
    "AssertFileNotEmpty=/run/flotilla/valid",
    `AssertPathExists=/run/flotilla/placed/${unit}`,
  ];
  const link: MachineLink = {
    inventory: { machineId: id, bootId, units: [], gates, started, mounts: [], fences: 0 },
    reading: { machineCs: 0, receivedAtMs: 0 },
    renew: () => act("renew", () => "ok"),
    gate: (unit, generation) => act(`gate ${unit}`, () => void gates.set(unit, generation)),
    ungate: (unit) => act(`ungate ${unit}`, () => void gates.delete(unit)),
    markStarted: (unit, generation) =>
      act(`started ${unit} ${generation}`, () => void started.set(unit, generation)),
    forget: (unit) => act(`forget ${unit}`, () => void started.delete(unit)),
    writeFiles: (list) => act("write", () => void list.map(({ path, text }) => files.set(path, text))),
    removeFiles: (paths) => act("remove", () => void paths.map((path) => files.delete(path))),
    readFiles: async (paths) =>
      new Map(
        paths.flatMap((path) =>
          [[path, files.get(path)] as const].filter(
            (entry): entry is [string, string] => entry[1] !== undefined,
          ),
        ),
      ),
    reload: () => act("reload", () => {}),
    start: (unit) => job("start", unit, "active"),
    stop: (unit) => job("stop", unit, "inactive"),
    restart: (unit) => job("restart", unit, "active"),
    resetFailed: (unit) => act(`reset-failed ${unit}`, () => {}),
    states: async (units) => units.map(stateOf),
    show: async (unit) => ({
      fragmentPath: `${unitDirectory}/${unit}`,
      dropInPaths: [`${unitDirectory}/${unit}.d/zz-flotilla.conf`],
      slice: "flotilla.slice",
      requisite: ["flotilla-lease.target"],
      asserts: asserts(unit),
      needDaemonReload: false,
    }),
    hasProcesses: async (unit) => unkillable.has(unit),
    watch: (listener) => void listeners.push(listener),
    onShutdown: () => {},
    allowShutdown: () => {},
    closed: life.ended,
    close: (reason) => life.end(reason ?? (new Error("closed") as never)),
  };
  return { link, files, active, started, unkillable, results, done, become };
}
