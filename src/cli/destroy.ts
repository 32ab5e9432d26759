import type { Command } from "commander";
import { addWaitOptions, type WaitOptions } from "./change-options.ts";
import { type Lowering, lower } from "./lower.ts";
import { print } from "./terminal.ts";

const destroying: Lowering = {
  verb: "destroy",
  goal: "gone",
  concerns: (units) => [...units],
  ask: ({ client }, names) => client.destroy({ names }),
  onTriggered: ({ name }) => print(`Destroyed ${name}`),
  onReached: (name) => print(`Destroyed ${name}`),
  isWaitedFor: () => true,
};

export function register(program: Command): void {
  const command = program
    .command("destroy")
    .argument("[unit...]", "names of units")
    .description("stop units and remove them from the cluster")
    .addHelpText("after", "\nReturns when they are stopped everywhere.");
  addWaitOptions(command).action(async (units: string[], options: WaitOptions, self: Command) => {
    await lower(destroying, units, options, self);
  });
}
