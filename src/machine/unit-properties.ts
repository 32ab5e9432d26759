import { z } from "zod";
import type { Shown } from "../lease/shown.ts";
import { parseBody } from "./dbus/body.ts";
import type { Bus } from "./dbus/bus.ts";
import { unitPath } from "./unit-path.ts";

const text = z.string();
const texts = z.array(z.string());
const conditions = z.array(z.tuple([z.string(), z.boolean(), z.boolean(), z.string(), z.number()]));

/** The interfaces, by the suffix of the name, that have a Slice property. */
const sliced: Readonly<Record<string, string>> = {
  service: "Service",
  socket: "Socket",
  mount: "Mount",
  swap: "Swap",
  scope: "Scope",
};

/** Asks for the properties at once: one round trip. systemd loads the unit if it was not. */
export async function showUnit(bus: Bus, unit: string): Promise<Shown> {
  const path = unitPath(unit);
  const get = async <T>(type: string, property: string, schema: z.ZodType<T>): Promise<T> => {
    const body = await bus.call({
      path,
      interface: "org.freedesktop.DBus.Properties",
      member: "Get",
      signature: "ss",
      body: [`org.freedesktop.systemd1.${type}`, property],
    });
    return parseBody(z.tuple([z.object({ value: schema })]), body, property)[0].value;
  };
  const type = sliced[unit.slice(unit.lastIndexOf(".") + 1)];
  const [fragmentPath, dropInPaths, slice, requisite, asserts, needDaemonReload] = await Promise.all([
    get("Unit", "FragmentPath", text),
    get("Unit", "DropInPaths", texts),
    type ? get(type, "Slice", text) : "",
    get("Unit", "Requisite", texts),
    get("Unit", "Asserts", conditions),
    get("Unit", "NeedDaemonReload", z.boolean()),
  ]);
  return {
    fragmentPath,
    dropInPaths,
    slice,
    requisite,
    asserts: asserts.map(describeCondition),
    needDaemonReload,
  };
}

function describeCondition([name, isTrigger, isNegated, parameter]: z.infer<
  typeof conditions
>[number]): string {
  return `${name}=${isTrigger ? "|" : ""}${isNegated ? "!" : ""}${parameter}`;
}
