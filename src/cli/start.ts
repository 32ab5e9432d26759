import type { Command } from "commander";
import { type BringOptions, bring } from "./bring.ts";
import { addSourceOptions, addWaitOptions } from "./change-options.ts";

export function register(program: Command): void {
  const command = program
    .command("start")
    .argument(
      "[unit...]",
      "names of known units, unit files, instances of templates, or unit templates (.njk)",
    )
    .description("start units, submitting and placing them first if necessary")
    .addHelpText(
      "after",
      "\nReturns when systemd has them active. A unit that no machine can take is an error at once, with the\n" +
        "reasons of every machine; --timeout and --block-attempts wait for one. Global units are waited for on\n" +
        "every machine.",
    );
  addWaitOptions(addSourceOptions(command)).action((units: string[], options: BringOptions, self: Command) =>
    bring("start", units, options, self),
  );
}
