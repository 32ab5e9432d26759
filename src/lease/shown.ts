import { dropInPath, sliceSection } from "./drop-in.ts";
import { gatePath, leaseSlice, leaseTarget, unitDirectory, validFile } from "./places.ts";

/** What systemd made of a unit: the properties of the same names. */
export interface Shown {
  readonly fragmentPath: string;
  readonly dropInPaths: readonly string[];
  readonly slice: string;
  readonly requisite: readonly string[];
  /** As in a unit file: "AssertPathExists=/run/x". */
  readonly asserts: readonly string[];
  readonly needDaemonReload: boolean;
}

/** Something on the machine that makes the pushed unit another one. `at` is the file to look at. */
export interface Violation {
  readonly at: string;
  readonly message: string;
}

/** What was pushed is what runs (lease.md, rule 13): checked before an exclusive unit is started. Empty when it holds. */
export function checkShown(name: string, shown: Shown): readonly Violation[] {
  const pushed = `${unitDirectory}/${name}`;
  const ours = dropInPath(name);
  const violations: Violation[] = [];
  const demand = (holds: boolean, at: string, message: string) => {
    if (!holds) violations.push({ at, message });
  };
  demand(
    shown.fragmentPath === pushed,
    shown.fragmentPath || pushed,
    `runs in place of the pushed ${pushed}`,
  );
  for (const path of shown.dropInPaths.filter((path) => path.startsWith("/etc/")))
    demand(false, path, `changes ${name} on this machine alone`);
  demand(shown.dropInPaths.includes(ours), ours, "is not in force");
  const last = shown.dropInPaths.at(-1) ?? ours;
  demand(last === ours || !shown.dropInPaths.includes(ours), last, `overrides ${ours}`);
  demand(!shown.needDaemonReload, pushed, "is not what systemd has loaded");
  demand(
    !sliceSection(name) || shown.slice === leaseSlice,
    ours,
    `Slice is ${shown.slice}, not ${leaseSlice}`,
  );
  demand(shown.requisite.includes(leaseTarget), ours, `Requisite=${leaseTarget} is missing`);
  for (const assert of [`AssertFileNotEmpty=${validFile}`, `AssertPathExists=${gatePath(name)}`])
    demand(shown.asserts.includes(assert), ours, `${assert} is missing`);
  return violations;
}
