import type { Command } from "commander";
import { type BringOptions, bring } from "./bring.ts";
import { addSourceOptions, addWaitOptions } from "./change-options.ts";

export function register(program: Command): void {
  const command = program
    .command("load")
    .argument(
      "[unit...]",
      "names of known units, unit files, instances of templates, or unit templates (.njk)",
    )
    .description("place units on machines without starting them, submitting them first if necessary")
    .addHelpText("after", "\nA unit that is running stays so. Global units are waited for on every machine.");
  addWaitOptions(addSourceOptions(command)).action((units: string[], options: BringOptions, self: Command) =>
    bring("load", units, options, self),
  );
}
