import type { Command } from "commander";
import { FlotillaError } from "../error.ts";
import { openSession } from "./session.ts";
import { parseUnitArgument } from "./unit-args.ts";

export function register(program: Command): void {
  program
    .command("cat")
    .argument("<unit>", "name of a unit")
    .description("print the file of a unit as it was submitted")
    .action(async (given: string, _options: unknown, self: Command) => {
      const { name } = parseUnitArgument(given);
      const { client } = await openSession(self);
      const text = (await client.units({ names: [name], text: true })).units[0]?.text;
      if (text === undefined)
        throw new FlotillaError("unit-not-found", `unit ${name} not found`, {
          hint: "flotillactl list-unit-files shows those that the cluster knows.",
        });
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    });
}
