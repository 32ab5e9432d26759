import type { Placement } from "../cluster/state.ts";
import { type Catalog, reach } from "./catalog.ts";

/**
 * Whether a unit must never run twice: it, or one of its group, is a mount of its own, or it needs a mount that the
 * cluster knows. `[X-Flotilla] Exclusive=` overrides. Global units are shared by definition.
 */
export function isExclusive(catalog: Catalog, name: string): boolean {
  const unit = catalog.get(name);
  if (!unit || unit.fleet.isGlobal || unit.isTemplate) return false;
  if (unit.flotilla.exclusive !== undefined) return unit.flotilla.exclusive;
  const isMount = (other: string) => catalog.get(other)?.type === "mount";
  return catalog.group(name).some(isMount) || reach(name, catalog.requirements).some(isMount);
}

/** Devices that only one machine may have mounted: what a plain mount unit mounts, if it is one. */
export function resourcesOf(catalog: Catalog, name: string): readonly string[] {
  const unit = catalog.get(name);
  if (!unit?.mount || unit.fleet.isGlobal) return [];
  return isDevice(unit.mount.what) ? [`device ${unit.mount.what}`] : [];
}

/**
 * Whether a unit is still what it was placed as. If it has become exclusive, or mounts another device, nothing guards
 * what it is now: it has to be stopped and placed anew (lease.md, rules 14 and 15). What was exclusive stays so.
 */
export function isPlacedAs(catalog: Catalog, { unit, exclusive, resources }: Placement): boolean {
  if (catalog.globals.has(unit) || (!exclusive && isExclusive(catalog, unit))) return false;
  const wanted = resourcesOf(catalog, unit);
  return wanted.length === resources.length && wanted.every((resource) => resources.includes(resource));
}

/** A block device as Where= names it. */
export const isDevice = (what: string): boolean => /^(\/dev\/|(UUID|LABEL|PARTUUID|PARTLABEL)=)/.test(what);
