import { dropInPath } from "../lease/drop-in.ts";
import { leaseTarget, unitFilePath } from "../lease/places.ts";
import type { MachineLink, UnitState } from "../machine/link.ts";
import type { Seen } from "./plan.ts";

/** What the leader knows of one machine's units: read once on connecting, then kept by its own steps and by signals. */
export interface Sight {
  of(unit: string): Seen & { readonly state: UnitState | undefined };
  note(unit: string, change: Partial<Seen>): void;
  noteState(state: UnitState): void;
  units(): Iterable<string>;
  has(unit: string): boolean;
}

const unseen: Seen = {
  text: undefined,
  dropIn: undefined,
  active: undefined,
  gate: undefined,
  started: undefined,
};

/** No placement has it: a gate that is to be made anew. */
const STALE_GATE = -1;

/**
 * Lists what Flotilla pushed to the machine in this boot, and follows it; `onState` hears of every change from then on.
 * After a lapse of its lease no gate is trusted: what it stands for was stopped, even if the lease is there again.
 */
export async function look(
  link: MachineLink,
  hadLapsed: boolean,
  onState: (state: UnitState) => void,
): Promise<Sight> {
  const { units: pushed, gates, started } = link.inventory;
  const units = [...new Set([...pushed, ...gates.keys(), ...started.keys()])];
  const sight = createSight();
  for (const unit of units) sight.note(unit, { gate: gates.get(unit), started: started.get(unit) });
  link.watch((state) => {
    sight.noteState(state);
    onState(state);
  });
  const [files, states] = await Promise.all([
    link.readFiles(units.flatMap((unit) => [unitFilePath(unit), dropInPath(unit)])),
    link.states([...units, leaseTarget]),
  ]);
  for (const unit of units)
    sight.note(unit, { text: files.get(unitFilePath(unit)), dropIn: files.get(dropInPath(unit)) });
  // A signal that came meanwhile is newer than the list.
  for (const state of states) if (!sight.of(state.name).state) sight.noteState(state);
  // A fence takes the gates away before the target: without the target, those in the list may be gone by now.
  if (hadLapsed || sight.of(leaseTarget).active !== "active")
    for (const unit of units) if (sight.of(unit).gate !== undefined) sight.note(unit, { gate: STALE_GATE });
  return sight;
}

export function createSight(): Sight {
  const known = new Map<string, Seen>();
  const states = new Map<string, UnitState>();
  return {
    of: (unit) => ({
      ...(known.get(unit) ?? unseen),
      active: states.get(unit)?.active,
      state: states.get(unit),
    }),
    note: (unit, change) => {
      const next = { ...(known.get(unit) ?? unseen), ...change };
      const isBlank = next.text === undefined && next.dropIn === undefined && next.gate === undefined;
      if (isBlank && next.started === undefined) known.delete(unit);
      else known.set(unit, next);
      if (!known.has(unit)) states.delete(unit);
    },
    noteState: (state) => {
      if (known.has(state.name) || state.name === leaseTarget) states.set(state.name, state);
    },
    units: () => known.keys(),
    has: (unit) => known.has(unit),
  };
}
