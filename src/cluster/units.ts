import { type Applying, done, refused } from "./applying.ts";
import type { Order } from "./command.ts";
import { letLoose } from "./loose.ts";
import type { Answer, Desired, UnitRecord } from "./state.ts";

/** What became of one submitted unit. `differs`: other contents are known, and `replace` was not asked for. */
export type Outcome = "created" | "replaced" | "unchanged" | "differs";

/** All or nothing: one unit that differs, and not one of them is taken. */
export function submit(now: Applying, order: Extract<Order, { kind: "submit" }>): Answer {
  const outcomes = order.units.map(({ name, text }) => {
    const known = now.state.units.get(name);
    const outcome: Outcome = !known
      ? "created"
      : known.text === text
        ? "unchanged"
        : order.replace
          ? "replaced"
          : "differs";
    return { name, outcome };
  });
  if (outcomes.some(({ outcome }) => outcome === "differs")) return done(outcomes);

  for (const { name, text, hash } of order.units) {
    const known = now.state.units.get(name);
    const desired = order.desired ?? known?.desired ?? "inactive";
    const isNew = known?.text !== text;
    const generation =
      known && !isNew && desired === known.desired ? known.generation : ++now.state.generation;
    if (known && generation === known.generation) continue;
    now.state.units.set(name, { name, text, hash, desired, generation });
    now.changes.units.add(name);
    if (isNew)
      now.tell(known ? "replaced" : "submitted", `${name} ${known ? "replaced" : "submitted"}`, {
        unit: name,
      });
  }
  startAgain(now, order.again);
  letGlobalsLoose(now, order.wereGlobal);
  return done(outcomes);
}

export function setDesired(now: Applying, order: Extract<Order, { kind: "set-desired" }>): Answer {
  const unknown = order.names.filter((name) => !now.state.units.has(name));
  if (unknown.length > 0) return refused("unit-not-found", `no such unit: ${unknown.join(", ")}`);
  for (const name of order.names) {
    const known = now.state.units.get(name) as UnitRecord;
    if (known.desired === order.desired && !order.again.includes(name)) continue;
    now.state.units.set(name, { ...known, desired: order.desired, generation: ++now.state.generation });
    now.changes.units.add(name);
    now.tell("desired", `${name}: ${known.desired} -> ${order.desired}`, { unit: name });
  }
  startAgain(now, order.again);
  return done();
}

/** The record goes at once; its placement stays as a tombstone until a proof (lease.md, rule 15). */
export function destroy(now: Applying, order: Extract<Order, { kind: "destroy" }>): Answer {
  const { names } = order;
  const known = (name: string) => now.state.units.has(name) || now.state.placements.has(name);
  const unknown = names.filter((name) => !known(name));
  if (unknown.length > 0) return refused("unit-not-found", `no such unit: ${unknown.join(", ")}`);
  for (const name of names) {
    if (!now.state.units.delete(name)) continue;
    now.changes.units.add(name);
    now.tell("destroyed", `${name} destroyed`, { unit: name });
  }
  letGlobalsLoose(now, order.wereGlobal);
  return done();
}

function letGlobalsLoose(now: Applying, units: readonly string[]): void {
  for (const machine of now.state.machines.keys()) for (const unit of units) letLoose(now, machine, unit);
}

/** Every start of a placed unit has a generation of its own (lease.md, rule 14). */
function startAgain({ state, changes }: Applying, names: readonly string[]): void {
  for (const name of names) {
    const placement = state.placements.get(name);
    if (!placement) continue;
    state.placements.set(name, { ...placement, generation: ++state.generation });
    changes.units.add(name);
  }
}

/** fleet's order: each includes the ones before it. */
export const desires: readonly Desired[] = ["inactive", "loaded", "launched"];
