import type { Command } from "commander";
import { atLeast } from "./change-options.ts";
import { openSession } from "./session.ts";
import { parseUnitArgument } from "./unit-args.ts";

interface JournalOptions {
  readonly lines: number;
  readonly follow?: boolean;
  readonly output: string;
}

export function register(program: Command): void {
  program
    .command("journal")
    .argument("<unit>", "name of a unit")
    .description("print the journal of a unit from the machine it is on")
    .option("--lines <n>", "how many of the newest lines", atLeast(0), 10)
    .option("-f, --follow", "go on with new lines as they come")
    .option("--output <format>", "as for journalctl: short, cat, json, ...", "short")
    .action(async (given: string, { lines, output, follow }: JournalOptions, self: Command) => {
      const { client } = await openSession(self);
      const query = { unit: parseUnitArgument(given).name, lines, output, follow: follow ?? false };
      await client.journal(query, (chunk) => process.stdout.write(chunk));
    });
}
