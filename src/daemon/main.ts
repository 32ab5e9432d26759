import { Command } from "commander";
import { describeError, FlotillaError } from "../error.ts";
import { version } from "../version.ts";
import { readConfig } from "./config.ts";
import { openLog } from "./journal-log.ts";
import { found, identify } from "./member.ts";
import { run } from "./run.ts";

interface Options {
  readonly config?: string;
  readonly dataDir?: string;
  readonly socket?: string;
}

const program = new Command("flotillad")
  .description("Member of a Flotilla cluster: agrees with the others, and schedules while it leads.")
  .version(version)
  .option("--config <file>", "configuration (default: /etc/flotilla/flotillad.toml, if it exists)")
  .option("--data-dir <directory>", "where the log and the keys are kept")
  .option("--socket <path>", "unix socket for flotillactl");

const configured = () => {
  const { config, dataDir, socket } = program.opts<Options>();
  return readConfig(config, { data_dir: dataDir, socket });
};

program.action(async () => run(configured(), await openLog()));
program
  .command("found")
  .description("make this the first member of a new cluster; its data directory must be empty")
  .action(async () => found(configured()));
program
  .command("identify")
  .description("print this member's Raft id, as `flotillactl member add` wants it")
  .action(async () => {
    process.stdout.write(`${(await identify(configured())).id}\n`);
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`Error: ${describeError(error)}\n`);
  if (error instanceof FlotillaError && error.hint) process.stderr.write(`Hint: ${error.hint}\n`);
  process.exitCode = 1;
});
