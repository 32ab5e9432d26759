import type { Command } from "commander";
import type { UnitView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { addWaitOptions, type WaitOptions } from "./change-options.ts";
import { type Lowering, lower } from "./lower.ts";
import { formatMachine } from "./machine-name.ts";
import { print, tell } from "./terminal.ts";

const stopping: Lowering = {
  verb: "stop",
  goal: "stopped",
  concerns: (units) => {
    const inactive = units.filter((unit) => unit.desired === "inactive");
    if (inactive.length > 0) throw inactiveError(inactive);
    return units.filter((unit) => unit.desired === "launched");
  },
  ask: ({ client }, names) => client.desire({ names, desired: "loaded" }),
  onTriggered: ({ name, isGlobal }) => print(`Triggered ${isGlobal ? "global " : ""}unit ${name} stop`),
  onReached: (name, unit) => {
    print(unit?.machine ? `Unit ${name} loaded on ${formatMachine(unit.machine)}` : `Unit ${name} inactive`);
  },
  // A global mount goes on running where something needs it, so there is no state that all its machines reach.
  isWaitedFor: (unit) => !unit.isGlobal,
};

function inactiveError(units: readonly UnitView[]): FlotillaError {
  const names = units.map(({ name }) => name).join(", ");
  return new FlotillaError("unit-inactive", `unable to stop ${names} in state inactive`, {
    hint: "nothing was stopped; leave out what is not loaded.",
  });
}

export function register(program: Command): void {
  const command = program
    .command("stop")
    .argument("[unit...]", "names of units")
    .description("stop units, which stay loaded on their machines")
    .addHelpText("after", "\nGlobal units are not waited for: they go on where a running unit needs them.");
  addWaitOptions(command).action(async (units: string[], options: WaitOptions, self: Command) => {
    const stopped = await lower(stopping, units, options, self);
    if (options.block) tell(`Successfully stopped units [${stopped.join(" ")}].`);
  });
}
