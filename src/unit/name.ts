import { FlotillaError } from "../error.ts";

const types = [
  "service",
  "socket",
  "timer",
  "path",
  "device",
  "mount",
  "automount",
  "swap",
  "target",
  "slice",
  "scope",
] as const;
export type UnitType = (typeof types)[number];

/** In bytes: systemd's UNIT_NAME_MAX without the terminating zero. */
const maxLength = 255;
/** Types that stand for something with a name of its own (a path, a cgroup), so that `@` cannot be in them. */
const withoutTemplates: readonly UnitType[] = ["device", "mount", "automount", "swap", "slice", "scope"];

/** The name of a unit, taken apart: `app@1.service` has the prefix `app`, the instance `1`, the type `service`. */
export interface UnitName {
  readonly name: string;
  readonly prefix: string;
  /** Undefined without an `@`, empty for a template. */
  readonly instance: string | undefined;
  readonly type: UnitType;
  readonly isTemplate: boolean;
  /** The template that an instance is made from: `app@.service` for `app@1.service`. */
  readonly template: string | undefined;
}

/** Takes a name apart as systemd's unit_name_is_valid() does. @throws FlotillaError `unit-name-invalid` */
export function parseUnitName(name: string): UnitName {
  const dot = name.lastIndexOf(".");
  const stem = name.slice(0, Math.max(dot, 0));
  const suffix = name.slice(dot + 1);
  const type = types.find((known) => known === suffix);
  const at = stem.indexOf("@");
  const refuse = (why: string, hint?: string) =>
    new FlotillaError("unit-name-invalid", `invalid unit name ${JSON.stringify(name)}: ${why}`, {
      ...(hint === undefined ? {} : { hint }),
    });

  if (name.length > maxLength) throw refuse(`longer than ${maxLength} characters`);
  if (dot < 0 || type === undefined)
    throw refuse("it does not end in a unit type", `end it in one of: .${types.join(" .")}`);
  if (stem === "" || at === 0) throw refuse(`nothing stands before ${at === 0 ? "@" : "the type"}`);
  const strange = /[^a-zA-Z0-9:_.@\\-]/u.exec(stem);
  if (strange)
    throw refuse(
      `it contains ${JSON.stringify(strange[0])}`,
      "escape it with systemd-escape(1), or rename it",
    );
  if (at < 0)
    return { name, prefix: stem, instance: undefined, type, isTemplate: false, template: undefined };
  if (withoutTemplates.includes(type)) throw refuse(`a ${type} unit has no templates or instances`);

  const prefix = stem.slice(0, at);
  const instance = stem.slice(at + 1);
  const template = instance === "" ? undefined : `${prefix}@.${type}`;
  return { name, prefix, instance, type, isTemplate: instance === "", template };
}

/** Whether `name` could be the name of a unit. */
export function isUnitName(name: string): boolean {
  try {
    parseUnitName(name);
    return true;
  } catch {
    return false;
  }
}
