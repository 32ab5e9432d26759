import { heldOn } from "../../src/leader/losing.ts";
import { isRunning, plan, type Seen, type Step } from "../../src/reconcile/plan.ts";
import { createSight, type Sight } from "../../src/reconcile/sight.ts";
import { wantedOn } from "../../src/reconcile/wanted.ts";
import { schedule } from "../../src/schedule/schedule.ts";
import { updateStandby } from "../../src/schedule/standby.ts";
import { createView, type View } from "../../src/schedule/view.ts";
import { parseUnit } from "../../src/unit/unit.ts";
import { machine, type TestCluster, testCluster } from "../cluster/state.ts";

/** A cluster without machines: commands go in, decisions and steps come out as text. */
export interface Session {
  run(line: string, text: string): string[];
}

export function createSession(): Session {
  const cluster = testCluster();
  const view = createView(cluster.state, parseUnit);
  const sights = new Map<string, Sight>();
  const sightOf = (id: string): Sight => {
    const sight = sights.get(id) ?? createSight();
    sights.set(id, sight);
    return sight;
  };
  const verbs: Record<string, (args: string[], text: string) => string[]> = {
    machine: ([name = "", ...pairs]) => {
      const metadata = Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
      cluster.do({ kind: "enrol", machine: machine(name, { metadata }) });
      cluster.machineUp(name);
      return [];
    },
    submit: ([desired, name = ""], text) => {
      cluster.submit({ [name]: text }, desired as "launched");
      return [];
    },
    desire: ([desired, ...names]) => {
      cluster.do({ kind: "set-desired", names, desired: desired as "launched", again: [] });
      return [];
    },
    destroy: (names) => {
      cluster.do({
        kind: "destroy",
        names,
        wereGlobal: names.filter((name) => view.catalog.globals.has(name)),
      });
      return [];
    },
    remove: ([name = ""]) => {
      cluster.do({ kind: "remove-machine", machine: name });
      return [];
    },
    silence: ([name = ""]) => {
      cluster.do({ kind: "suspect", machine: name, reason: "silence" });
      updateStandby(view, cluster.state.machines.get(name)!);
      return [];
    },
    bound: ([name = ""]) => {
      return heldOn(view, cluster.state.machines.get(name)!).flatMap((held) => {
        const { bootId } = held;
        const proof = {
          kind: "lease-bound",
          machine: name,
          bootId,
          since: "renewal",
          waitedMs: 5200,
        } as const;
        cluster.do({ kind: "lose", held, proof });
        return held.units.map(({ unit }) => `${unit} is free`);
      });
    },
    back: ([name = ""]) => {
      cluster.machineUp(name);
      return [];
    },
    schedule: () => scheduleAll(cluster, view),
    settle: ([name = ""]) => settleAll(cluster, view, name, sightOf(name)),
    fails: ([unit = "", on = ""]) => {
      sightOf(on).noteState({ name: unit, load: "loaded", active: "failed", sub: "failed" });
      return [];
    },
    fence: ([name = ""]) => {
      const sight = sightOf(name);
      for (const unit of [...sight.units()]) {
        if (sight.of(unit).gate === undefined) continue;
        sight.note(unit, { gate: undefined });
        sight.noteState({ name: unit, load: "loaded", active: "inactive", sub: "dead" });
      }
      return [];
    },
  };
  return {
    run: (line, text) => {
      const [verb = "", ...args] = line.split(/\s+/);
      const run = verbs[verb];
      if (!run) throw new Error(`no such command: ${verb}`);
      view.update(new Set([...view.state.units.keys(), ...view.state.placements.keys()]));
      const before = [...view.state.units.keys(), ...view.state.placements.keys()];
      const out = run(args, text);
      view.update(new Set([...before, ...view.state.units.keys(), ...view.state.placements.keys()]));
      return out;
    },
  };
}

function scheduleAll(cluster: TestCluster, view: View): string[] {
  const out: string[] = [];
  for (const name of [...cluster.state.units.keys()].sort()) {
    const choice = schedule(view, name);
    if (choice.kind === "nothing") continue;
    if (choice.kind === "refused") {
      const why = choice.refusals.map((r) => `  ${r.machine ?? "everywhere"}: ${r.constraint} ${r.message}`);
      out.push(`${name}: no machine`, ...why);
      continue;
    }
    const { units, machine: on, reason } = choice.decision;
    const answer = cluster.do(choice.decision);
    for (const { unit, exclusive } of units)
      out.push(`${unit} -> ${on}${exclusive ? ", exclusive" : ""} (${answer.ok ? reason : answer.message})`);
    view.update(units.map(({ unit }) => unit));
  }
  return out;
}

/** What a machine would be told, and what it then looks like: the same loop as the leader's, one step at a time. */
function settleAll(cluster: TestCluster, view: View, on: string, sight: Sight): string[] {
  const out: string[] = [];
  sight.noteState({ name: "flotilla-lease.target", load: "loaded", active: "active", sub: "active" });
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const unit of [
      ...new Set([...sight.units(), ...view.placedOn(on), ...view.catalog.globals, ...view.standby.keys()]),
    ].sort()) {
      const { steps, waitsFor } = plan(wantedOn(view, on, unit), sight.of(unit), (other) =>
        isPrepared(view, on, sight, other),
      );
      const [step] = steps;
      if (!step) continue;
      isBusy = true;
      out.push(`${unit}: ${step.do}${waitsFor ? ` (then waits for ${waitsFor})` : ""} -- ${step.reason}`);
      perform(cluster, view, { on, unit, step, sight });
    }
  }
  return out;
}

function isPrepared(view: View, on: string, sight: Sight, unit: string): boolean {
  if (!view.state.units.has(unit)) return true;
  const wanted = wantedOn(view, on, unit);
  const seen = sight.of(unit);
  return (
    wanted.kind !== "absent" &&
    seen.text === wanted.text &&
    (!wanted.exclusive || seen.gate === wanted.generation)
  );
}

function perform(
  cluster: TestCluster,
  view: View,
  { on, unit, step, sight }: { on: string; unit: string; step: Step; sight: Sight },
): void {
  const note = (change: Partial<Seen>) => sight.note(unit, change);
  const become = (active: string) => sight.noteState({ name: unit, load: "loaded", active, sub: active });
  const { bootId } = cluster.state.machines.get(on)!;
  const held = (generation: number) => ({ machine: on, bootId: bootId ?? "", units: [{ unit, generation }] });
  switch (step.do) {
    case "push":
      note({ text: step.text, dropIn: step.dropIn });
      break;
    case "remove":
      note({ text: undefined, dropIn: undefined, started: undefined });
      break;
    case "gate":
      note({ gate: step.generation });
      break;
    case "ungate":
      note({ gate: undefined });
      break;
    case "mark-started":
      note({ started: step.generation });
      break;
    case "stop":
      become("inactive");
      break;
    case "start":
    case "restart":
      note({ started: step.generation });
      become("active");
      // systemd starts what the unit requires.
      for (const needed of view.catalog.requirements(unit))
        if (!isRunning(sight.of(needed)))
          sight.noteState({ name: needed, load: "loaded", active: "active", sub: "mounted" });
      break;
    case "release":
      cluster.do({
        kind: "release",
        held: held(step.generation),
        proof: { kind: "stopped", machine: on, bootId: bootId ?? "" },
      });
      view.update([unit]);
      break;
    case "renew-generation":
      cluster.do({ kind: "renew-generation", held: held(step.generation), reason: step.reason });
      view.update([unit]);
      break;
  }
}
