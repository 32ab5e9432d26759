import type { Unit } from "../unit/unit.ts";

/** The units of the cluster and what ties them, kept up to date unit by unit. */
export interface Catalog {
  get(name: string): Unit | undefined;
  set(unit: Unit): void;
  delete(name: string): void;
  /** Units of the cluster that systemd starts along with this one: Requires=, BindsTo=, Requisite=, mounts of its paths. */
  requirements(name: string): Set<string>;
  /** The other way round. */
  requirers(name: string): Set<string>;
  /** Units that need this one, or start it by themselves: sockets, timers, paths and automounts. */
  wanters(name: string): Set<string>;
  /** The non-global units that have to be on one machine with this one, itself included, sorted. */
  group(name: string): readonly string[];
  readonly globals: ReadonlySet<string>;
}

export function createCatalog(): Catalog {
  const units = new Map<string, Unit>();
  const globals = new Set<string>();
  const mountAt = new Map<string, string>();
  /** Who names a unit, and who uses a path or anything below it: known before the named one is. */
  const requiredBy = new Map<string, Set<string>>();
  const tiedBy = new Map<string, Set<string>>();
  const pathUsers = new Map<string, Set<string>>();

  const mountsOf = (unit: Unit): string[] =>
    unit.mountsFor.flatMap(withAncestors).flatMap((path) => mountAt.get(path) ?? []);
  const usersOf = (unit: Unit): Iterable<string> => (unit.mount && pathUsers.get(unit.mount.where)) ?? [];
  const known = (names: Iterable<string>, self: string): Set<string> =>
    new Set([...names].filter((name) => name !== self && units.get(name)?.isTemplate === false));

  const index = (
    unit: Unit,
    change: (map: Map<string, Set<string>>, key: string, name: string) => void,
  ): void => {
    for (const name of unit.requires) change(requiredBy, name, unit.name);
    for (const name of [...unit.fleet.machineOf, ...unit.triggers]) change(tiedBy, name, unit.name);
    for (const path of new Set(unit.mountsFor.flatMap(withAncestors))) change(pathUsers, path, unit.name);
  };

  const requirements = (name: string): Set<string> => {
    const unit = units.get(name);
    return unit ? known([...unit.requires, ...mountsOf(unit)], name) : new Set();
  };
  const requirers = (name: string): Set<string> => {
    const unit = units.get(name);
    return unit ? known([...(requiredBy.get(name) ?? []), ...usersOf(unit)], name) : new Set();
  };
  const wanters = (name: string): Set<string> => {
    const triggers = [...(tiedBy.get(name) ?? [])].filter((other) =>
      units.get(other)?.triggers.includes(name),
    );
    return new Set([...requirers(name), ...known(triggers, name)]);
  };
  const neighbours = (name: string): string[] => {
    const unit = units.get(name);
    if (!unit) return [];
    const ties = known([...unit.fleet.machineOf, ...unit.triggers, ...(tiedBy.get(name) ?? [])], name);
    return [...requirements(name), ...requirers(name), ...ties].filter((other) => !globals.has(other));
  };
  const remove = (name: string): void => {
    const unit = units.get(name);
    if (!unit) return;
    units.delete(name);
    globals.delete(name);
    if (unit.mount) mountAt.delete(unit.mount.where);
    index(unit, (map, key) => map.get(key)?.delete(name));
  };

  return {
    get: (name) => units.get(name),
    set: (unit) => {
      remove(unit.name);
      units.set(unit.name, unit);
      if (unit.isTemplate) return;
      if (unit.fleet.isGlobal) globals.add(unit.name);
      if (unit.mount) mountAt.set(unit.mount.where, unit.name);
      index(unit, (map, key, name) => map.set(key, (map.get(key) ?? new Set()).add(name)));
    },
    delete: remove,
    requirements,
    requirers,
    wanters,
    group: (name) => (globals.has(name) ? [name] : reach(name, neighbours)),
    globals,
  };
}

/** Everything that can be reached from `start`, itself included, sorted. */
export function reach(start: string, next: (name: string) => Iterable<string>): string[] {
  const seen = new Set([start]);
  for (const name of seen) for (const other of next(name)) seen.add(other);
  return [...seen].sort();
}

/** `/a/b` -> `/`, `/a`, `/a/b`: a path needs every mount above it, as RequiresMountsFor= does. */
function withAncestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return ["/", ...parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`)];
}
