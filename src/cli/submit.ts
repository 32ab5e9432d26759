import type { Command } from "commander";
import { type BringOptions, bring } from "./bring.ts";
import { addSourceOptions } from "./change-options.ts";

export function register(program: Command): void {
  const command = program
    .command("submit")
    .argument("[unit...]", "unit files, instances of known templates, or unit templates (.njk)")
    .description("give units to the cluster without placing them");
  addSourceOptions(command).action((units: string[], options: BringOptions, self: Command) =>
    bring("submit", units, options, self),
  );
}
