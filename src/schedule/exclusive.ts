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

/** A block device as Where= names it. */
export const isDevice = (what: string): boolean => /^(\/dev\/|(UUID|LABEL|PARTUUID|PARTLABEL)=)/.test(what);
