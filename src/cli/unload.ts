import type { Command } from "commander";
import { addWaitOptions, type WaitOptions } from "./change-options.ts";
import { type Lowering, lower } from "./lower.ts";
import { print, tell } from "./terminal.ts";

const unloading: Lowering = {
  verb: "unload",
  goal: "inactive",
  concerns: (units) => units.filter((unit) => unit.desired !== "inactive"),
  ask: ({ client }, names) => client.desire({ names, desired: "inactive" }),
  onTriggered: ({ name, isGlobal }) => print(`Triggered ${isGlobal ? "global " : ""}unit ${name} unload`),
  onReached: (name) => print(`Unit ${name} inactive`),
  isWaitedFor: (unit) => !unit.isGlobal,
};

export function register(program: Command): void {
  const command = program
    .command("unload")
    .argument("[unit...]", "names of units")
    .description("stop units and take them from their machines; the cluster keeps their files")
    .addHelpText("after", "\nGlobal units are not waited for.");
  addWaitOptions(command).action(async (units: string[], options: WaitOptions, self: Command) => {
    const unloaded = await lower(unloading, units, options, self);
    if (options.block) tell(`Successfully unloaded units [${unloaded.join(" ")}].`);
  });
}
