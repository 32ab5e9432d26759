import { FlotillaError } from "../error.ts";
import type { BringVerb } from "./bring.ts";
import { unifiedDiff } from "./diff.ts";
import type { Candidate } from "./resolve.ts";
import { tell } from "./terminal.ts";

/** Which desired states of a unit each verb may give new contents: a running unit is replaced by `start` only. */
const replaceable = {
  submit: ["inactive"],
  load: ["inactive", "loaded"],
  start: ["inactive", "loaded", "launched"],
} as const;

/** @throws FlotillaError `unit-differs`, after a warning with the difference of each */
export function refuseDifference(different: readonly Candidate[]): void {
  for (const { name, known, local } of different) {
    const source = local?.source ?? "";
    tell(`Warning: unit ${name} in the cluster differs from ${source}`);
    for (const line of unifiedDiff(known?.text ?? "", local?.unit.text ?? "", `cluster/${name}`, source))
      tell(line);
  }
  if (different.length === 0) return;
  const names = different.map(({ name }) => name).join(", ");
  throw new FlotillaError("unit-differs", `nothing was changed: ${names} would get other contents`, {
    hint: "add --replace to give the cluster the new contents.",
  });
}

/** @throws FlotillaError `unit-not-replaceable` when the verb would take a unit out of its state */
export function refuseReplacing(different: readonly Candidate[], verb: BringVerb): void {
  const states: readonly string[] = replaceable[verb];
  for (const { name, known } of different)
    if (known !== undefined && !states.includes(known.desired))
      throw new FlotillaError(
        "unit-not-replaceable",
        `cannot replace unit ${name} in state ${known.desired}`,
        {
          hint:
            known.desired === "loaded" ? "use load --replace or start --replace." : "use start --replace.",
        },
      );
}
