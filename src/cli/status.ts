import type { Command } from "commander";
import type { StatusAnswer, UnitView } from "../api/contract.ts";
import { exitCodes } from "./exit.ts";
import { knownUnits } from "./lower.ts";
import { formatMachine } from "./machine-name.ts";
import { openSession } from "./session.ts";
import { describeReason } from "./shortfall.ts";
import { print, tell } from "./terminal.ts";
import { parseUnitArguments } from "./unit-args.ts";

/** Prints what systemctl printed there. Whether every one of them is active. */
function printStatus(unit: UnitView, { outputs }: StatusAnswer): boolean {
  for (const { machine, stdout } of outputs) {
    if (unit.isGlobal) print(`${unit.name} on ${formatMachine(machine)}`);
    process.stdout.write(stdout.endsWith("\n") ? stdout : `${stdout}\n`);
  }
  if (outputs.length === 0) {
    tell(`Unit ${unit.name} does not appear to be loaded.`);
    for (const reason of unit.reasons) tell(`  ${describeReason(reason)}`);
    if (unit.pending !== null) tell(`  waiting: ${unit.pending}`);
  }
  return outputs.length > 0 && outputs.every(({ exitCode }) => exitCode === 0);
}

export function register(program: Command): void {
  program
    .command("status")
    .argument("[unit...]", "names of units")
    .description("print what systemctl status says of units on their machines; exits 3 if one is not active")
    .action(async (given: string[], _options: unknown, self: Command) => {
      const names = parseUnitArguments(given).map(({ name }) => name);
      const session = await openSession(self);
      const units = await knownUnits(session, names);
      const answers = units.map(async (unit) => ({ unit, answer: await session.client.status(unit.name) }));
      for (const [index, { unit, answer }] of (await Promise.all(answers)).entries()) {
        if (index > 0) print("");
        if (!printStatus(unit, answer)) process.exitCode = exitCodes.notActive;
      }
    });
}
