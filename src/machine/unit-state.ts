import { z } from "zod";
import { parseBody } from "./dbus/body.ts";
import type { Signal } from "./dbus/bus.ts";
import type { Value } from "./dbus/value.ts";
import { unitOfPath } from "./unit-path.ts";

/** A unit as systemd sees it. */
export interface UnitState {
  readonly name: string;
  /** "loaded", "not-found", "bad-setting", "error", "masked" */
  readonly load: string;
  /** "active", "reloading", "inactive", "failed", "activating", "deactivating" */
  readonly active: string;
  /** Depends on the type: "running", "exited", "mounted", "dead". */
  readonly sub: string;
  /** When it came into this state: microseconds since the epoch on the machine's clock, for people only. */
  readonly sinceUs?: number;
}

const changedSchema = z.tuple([
  z.string(),
  z.array(z.tuple([z.string(), z.object({ signature: z.string(), value: z.unknown() })])),
  z.array(z.string()),
]);
const listedSchema = z.tuple([z.array(z.array(z.union([z.string(), z.number()])))]);

/** What a PropertiesChanged signal says of a unit's state. The load state is not in it: `load` is the last one known. */
export function changedState(signal: Signal, loadOf: (unit: string) => string): UnitState | undefined {
  const name = unitOfPath(signal.path);
  if (signal.member !== "PropertiesChanged" || name === undefined) return undefined;
  // Each change is told once for the unit and once for its type; only the former has the states.
  if (signal.arg0 !== "org.freedesktop.systemd1.Unit") return undefined;
  const [, changed] = parseBody(changedSchema, signal.body(), signal.member);
  const properties = new Map(changed.map(([property, variant]) => [property, variant.value]));
  const [active, sub] = [properties.get("ActiveState"), properties.get("SubState")];
  if (typeof active !== "string" || typeof sub !== "string") return undefined;
  const since = properties.get("StateChangeTimestamp");
  const sinceUs = typeof since === "bigint" && since > 0n ? { sinceUs: Number(since) } : {};
  return { name, load: loadOf(name), active, sub, ...sinceUs };
}

/** The answer to ListUnitsByNames: a(ssssssouso), of which we take name, load, active and sub. */
export function listedStates(body: readonly Value[]): UnitState[] {
  const [rows] = parseBody(listedSchema, body, "ListUnitsByNames");
  return rows.map(([name, , load, active, sub]) => ({
    name: String(name),
    load: String(load),
    active: String(active),
    sub: String(sub),
  }));
}
