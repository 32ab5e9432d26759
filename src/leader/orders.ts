import type { Order } from "../cluster/command.ts";
import type { Answer, Desired, Enrolment } from "../cluster/state.ts";
import type { Outcome } from "../cluster/units.ts";
import { FlotillaError } from "../error.ts";
import { leaseParameters } from "../lease/bound.ts";
import { reach } from "../schedule/catalog.ts";
import { isDevice } from "../schedule/exclusive.ts";
import type { View } from "../schedule/view.ts";
import { parseUnit, type Unit } from "../unit/unit.ts";
import type { Leader } from "./leader.ts";

/** What people may ask of the cluster; each is checked against the state and then agreed on, one after another. */
export interface Orders {
  submit(
    units: readonly { readonly name: string; readonly text: string }[],
    how: { readonly desired: Desired | undefined; readonly replace: boolean },
    key: string,
  ): Promise<readonly { readonly name: string; readonly outcome: Outcome }[]>;
  desire(names: readonly string[], desired: Desired, key: string): Promise<void>;
  destroy(names: readonly string[], key: string): Promise<void>;
  enrol(machine: Enrolment, key: string): Promise<void>;
  adoptMachine(id: string, from: string, key: string): Promise<void>;
  removeMachine(id: string, key: string): Promise<void>;
  setLease(chosen: { readonly ttlMs?: number; readonly graceMs?: number }, key: string): Promise<void>;
}

export function createOrders(leader: Leader): Orders {
  const { view, propose } = leader;
  let last: Promise<unknown> = Promise.resolve();
  // A check holds until its command is applied only because nothing else is agreed on in between.
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run);
    last = mine.catch(() => {});
    return mine;
  };
  const order = async (command: Order, key: string): Promise<unknown> => unwrap(await propose(command, key));

  const isGlobal = (name: string) => view.catalog.globals.has(name);

  return {
    submit: (texts, { desired, replace }, key) =>
      inTurn(async () => {
        const units = texts.map(({ name, text }) => parseUnit(name, text));
        for (const unit of units) checkUnit(unit, desired);
        checkGroups(view, units);
        const plain = units.map(({ name, text, hash }) => ({ name, text, hash }));
        const wish = desired === undefined ? {} : { desired };
        const changed = units.filter(
          ({ name, text }) =>
            view.state.units.get(name)?.text !== text || (desired === "launched" && !isUp(leader, name)),
        );
        const wereGlobal = units
          .filter(({ name, fleet }) => isGlobal(name) && !fleet.isGlobal)
          .map(({ name }) => name);
        const again = withUsers(
          view,
          changed.map(({ name }) => name),
        );
        const outcomes = await order(
          { kind: "submit", units: plain, replace, again, wereGlobal, ...wish },
          key,
        );
        return outcomes as readonly { name: string; outcome: Outcome }[];
      }),
    desire: (names, desired, key) =>
      inTurn(async () => {
        for (const name of names) {
          const unit = view.catalog.get(name);
          if (unit) checkUnit(unit, desired);
        }
        const down = desired === "launched" ? names.filter((name) => !isUp(leader, name)) : [];
        const again = withUsers(view, down);
        await order({ kind: "set-desired", names, desired, again }, key);
      }),
    destroy: (names, key) =>
      inTurn(
        async () => void (await order({ kind: "destroy", names, wereGlobal: names.filter(isGlobal) }, key)),
      ),
    enrol: (machine, key) => inTurn(async () => void (await order({ kind: "enrol", machine }, key))),
    adoptMachine: (machine, from, key) =>
      inTurn(async () => void (await order({ kind: "adopt-machine", machine, from }, key))),
    removeMachine: (machine, key) =>
      inTurn(async () => void (await order({ kind: "remove-machine", machine }, key))),
    setLease: (chosen, key) =>
      inTurn(async () => {
        const { stopBoundMs: _s, jitterMs: _j, ...current } = view.state.lease;
        await order({ kind: "set-lease", lease: leaseParameters({ ...current, ...chosen }) }, key);
      }),
  };
}

function unwrap(answer: Answer): unknown {
  if (answer.ok) return answer.value;
  const hint = hints[answer.code];
  throw new FlotillaError(answer.code, answer.message, hint === undefined ? {} : { hint });
}

/** What to do about a refusal of the replicated state. */
const hints: Readonly<Record<string, string>> = {
  "machine-id-taken":
    "clones of one disk image share a machine-id: give this one its own (rm /etc/machine-id, systemd-machine-id-setup); if the machine has moved, remove it first",
  "address-taken": "remove the machine that was there: flotillactl machine remove",
};

/** Whether a launched unit runs, or is on its way: a start then has nothing to do. */
function isUp({ view, keeper }: Leader, name: string): boolean {
  const placement = view.state.placements.get(name);
  if (view.catalog.globals.has(name)) return true;
  const active = placement && keeper(placement.machine)?.sight()?.of(name).active;
  // Unknown counts as down: a start too many is better than none.
  return active !== undefined && active !== "inactive" && active !== "failed";
}

/** Those of these units that are placed, and the launched ones that systemd stops along with them. */
function withUsers({ state, catalog }: View, names: readonly string[]): string[] {
  const isLaunched = (name: string) => state.units.get(name)?.desired === "launched";
  const users = names.flatMap((name) => reach(name, catalog.requirers)).filter(isLaunched);
  return [...new Set([...names, ...users])].filter((name) => state.placements.has(name));
}

function checkUnit(unit: Unit, desired: Desired | undefined): void {
  if (unit.isTemplate && desired !== undefined && desired !== "inactive")
    throw new FlotillaError(
      "template-not-startable",
      `${unit.name} is a template: only its instances can be ${desired}`,
      {
        at: unit.name,
        hint: `start an instance, as in ${unit.name.replace("@.", "@1.")}`,
      },
    );
  // Both would lie inside what the fence stops and kills, or take the place of what does it (lease.md, rule 13).
  if (/^flotilla[-.@]/.test(unit.name) || /^\s*Slice\s*=\s*flotilla(-.*)?\.slice\s*$/m.test(unit.text))
    throw new FlotillaError("unit-name-reserved", `${unit.name} uses a name that belongs to the lease`, {
      at: unit.name,
      hint: "units and slices called flotilla-... guard the exclusive units: choose another name",
    });
  if (unit.fleet.isGlobal && unit.mount && isDevice(unit.mount.what) && unit.flotilla.exclusive !== false)
    throw new FlotillaError(
      "global-device",
      `${unit.name} would mount the block device ${unit.mount.what} on every machine at once`,
      { at: unit.name, hint: "drop Global=true, or say [X-Flotilla] Exclusive=no for a cluster file system" },
    );
}

/** A submit must not tie units together that run on different machines (lease.md, rule 14). */
function checkGroups({ catalog, state }: View, units: readonly Unit[]): void {
  const before = units.map((unit) => ({ name: unit.name, unit: catalog.get(unit.name) }));
  try {
    for (const unit of units) catalog.set(unit);
    for (const unit of units) {
      const placed = catalog.group(unit.name).flatMap((name) => state.placements.get(name) ?? []);
      if (new Set(placed.map(({ machine }) => machine)).size <= 1) continue;
      const where = placed.map((placement) => `${placement.unit} on machine ${placement.machine}`).join(", ");
      throw new FlotillaError(
        "group-split",
        `${unit.name} would tie units that run on different machines: ${where}`,
        {
          at: unit.name,
          hint: "unload all but one of them first",
        },
      );
    }
  } finally {
    for (const { name, unit } of before) {
      if (unit) catalog.set(unit);
      else catalog.delete(name);
    }
  }
}
