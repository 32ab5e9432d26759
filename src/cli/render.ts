import { join } from "node:path";
import type { Command } from "commander";
import { FlotillaError } from "../error.ts";
import type { RenderedUnit } from "../template/render.ts";
import { exitCodes, usageError } from "./exit.ts";
import { print, tell } from "./terminal.ts";

interface RenderOptions {
  readonly set: readonly string[];
  readonly values?: string;
  readonly output?: string;
  readonly verify?: boolean;
  readonly diff?: boolean;
}

export function register(program: Command): void {
  program
    .command("render")
    .description("make a unit file from a template, for the cluster or for systemctl by hand")
    .argument("<template>", "name of a shipped template (flotillactl templates) or path of a .njk file")
    .option("--set <name=value>", "a parameter; repeat it for a list", collect, [])
    .option("--values <file>", "parameters from a TOML or .json file; --set wins")
    .option("-o, --output <dir>", "write the unit there instead of to the standard output")
    .option("--verify", "let systemd-analyze check the unit first")
    .option("--diff", "show what would change in --output and write nothing; exit status 1 if anything would")
    .action(async (template: string, options: RenderOptions) => {
      if (options.diff && options.output === undefined)
        throw usageError("--diff compares with a directory", "add --output DIR");
      const { renderArgument } = await import("../template/settings.ts");
      const unit = await renderArgument(template, options.set, options.values);
      if (options.verify) await verify(unit);
      await deliver(unit, options);
    });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function verify(unit: RenderedUnit): Promise<void> {
  const { verifyWithSystemd } = await import("./systemd-verify.ts");
  const { faults, missing } = await verifyWithSystemd(unit);
  for (const line of missing) tell(`Note: ${line} (here; it may exist on the machines)`);
  if (faults.length > 0)
    throw new FlotillaError("verify-failed", faults.join("\n"), {
      hint: "systemd would ignore or refuse this; nothing was written",
    });
  tell(`${unit.name}: verified by systemd-analyze`);
}

async function deliver(unit: RenderedUnit, { output, diff }: RenderOptions): Promise<void> {
  if (output === undefined) {
    process.stdout.write(unit.text);
    return;
  }
  const { diffUnit, writeUnit } = await import("./unit-directory.ts");
  if (!diff) {
    print(`${join(output, unit.name)} ${await writeUnit(output, unit)}`);
    return;
  }
  const difference = await diffUnit(output, unit);
  process.stdout.write(difference);
  if (difference !== "") process.exitCode = exitCodes.failed;
}
