import { gatePath, leaseSlice, leaseTarget, unitDirectory, validFile } from "./places.ts";

/** A unit as it is pushed to a machine. */
export interface PushedUnit {
  readonly name: string;
  /** Its unit file. */
  readonly text: string;
  readonly isExclusive: boolean;
}

/** Sorts last of all drop-ins (lease.md, rule 13), and marks the unit as ours. */
export const dropInPath = (unit: string) => `${unitDirectory}/${unit}.d/zz-flotilla.conf`;

/** Types whose processes live in a slice, and the section that says which. */
const sections: Readonly<Record<string, string>> = {
  service: "Service",
  mount: "Mount",
  socket: "Socket",
  swap: "Swap",
};

/** The slice that the unit must be in when it is exclusive; none for types without processes. */
export const sliceSection = (unit: string) => sections[unit.slice(unit.lastIndexOf(".") + 1)];

/**
 * What Flotilla adds to a unit file. Nothing that needs the lease may pull it in (rule 12), so there is no Requires=
 * and no BindsTo=; the gate is checked at every start, whoever asks for it (rule 11).
 */
export function dropIn(unit: PushedUnit): string {
  const marker =
    "# Written by Flotilla, which starts and stops this unit. Change the unit with `flotillactl submit --replace`.\n";
  if (!unit.isExclusive) return marker;
  const section = sliceSection(unit.name);
  const body = section
    ? `[${section}]\nSlice=${leaseSlice}\n${isKilledWhole(unit) ? "" : killWhole}${isLazy(unit) ? busyStays : ""}`
    : "";
  return `${marker}[Unit]
Requisite=${leaseTarget}
PartOf=${leaseTarget}
After=${leaseTarget}
AssertFileNotEmpty=${validFile}
AssertPathExists=${gatePath(unit.name)}
${body}`;
}

/** An unmount proves something only when nobody uses the mount any more: a lazy one hides it, and the writing goes on. */
const busyStays = "LazyUnmount=no\n";
const isLazy = (unit: PushedUnit) => unit.name.endsWith(".mount") && /^\s*LazyUnmount\s*=/im.test(unit.text);

/** A stop proves something only when it leaves no process behind. */
const killWhole = "KillMode=control-group\nSendSIGKILL=yes\n";
const isKilledWhole = (unit: PushedUnit) =>
  !/^\s*(KillMode\s*=\s*(none|process)|SendSIGKILL\s*=\s*(no|n|false|f|off|0))\s*$/im.test(unit.text);
