import { isExclusive } from "../../../src/schedule/exclusive.ts";
import { isWanted } from "../../../src/schedule/schedule.ts";
import type { Stage } from "./faults.ts";

/** What is not as it should be now that nothing goes wrong any more; empty when all is well. */
export function convergence({ members, machines, world }: Stage): string[] {
  const found: string[] = [];
  const leading = members.flatMap(({ running }) => running?.leadership?.leading() ?? [])[0];
  if (!leading) return ["nobody leads"];
  const { view } = leading.leader;
  const states = new Set(members.map(({ running }) => running?.replica.snapshot()));
  if (states.size !== 1) found.push("the members' states differ");
  const copies = world.judge.copies();
  for (const machine of view.state.machines.values())
    if (machine.status !== "up")
      found.push(`machine ${machine.id} is ${machine.status}: ${machine.statusReason}`);
  for (const { name, desired } of view.state.units.values()) {
    if (view.catalog.globals.has(name)) continue;
    // What failed of itself is systemd's matter, and stays so until somebody starts it again.
    const hasFailed = machines.some(({ boot }) => boot?.systemd.state(name).active === "failed");
    const here = copies.filter(({ unit }) => unit === name);
    const isUp = isWanted(view, name) && desired === "launched";
    if (isUp && here.length !== 1 && !hasFailed) {
      const why = leading.leader.placing.refusals(name).map(({ message }) => message);
      const home = view.state.placements.get(name)?.machine;
      const problem = home === undefined ? undefined : leading.leader.keeper(home)?.unitProblem(name);
      found.push(`${name} runs ${here.length} times, placed on ${home}: ${why.join("; ")} ${problem ?? ""}`);
    }
    if (!isWanted(view, name) && here.length > 0 && isExclusive(view.catalog, name))
      found.push(`${name} is not wanted and runs`);
  }
  for (const { unit, machine } of copies)
    if (!view.state.units.has(unit) && view.state.machines.has(machine))
      found.push(`${unit} is left over on ${machine}`);
  for (const { unit, machine } of view.state.placements.values())
    if (!view.state.units.has(unit)) found.push(`${unit} was destroyed and is still placed on ${machine}`);
  return found;
}
