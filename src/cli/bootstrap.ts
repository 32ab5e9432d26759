import type { Command } from "commander";
import { usageError } from "./exit.ts";
import { print } from "./terminal.ts";

interface Options {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly example?: boolean;
}

export function register(program: Command): void {
  program
    .command("bootstrap")
    .argument("[cluster.toml]", "the cluster: its machines, and which of them are members")
    .description("make machines a cluster over SSH, or bring one up to date; changes only what differs")
    .option("-n, --dry-run", "say what would be done, and change nothing")
    .option("-y, --yes", "trust the host keys that unknown machines show")
    .option("--json", "print the result as one JSON object")
    .option("--state-dir <directory>", "keys and what was founded (default: NAME.flotilla beside the file)")
    .option("--example", "print a cluster.toml that explains every key, and exit")
    .action(async (file: string | undefined, options: Options) => {
      if (options.example) {
        const { exampleClusterFile } = await import("../bootstrap/example.ts");
        process.stdout.write(exampleClusterFile);
        return;
      }
      if (file === undefined)
        throw usageError("no cluster.toml given", "flotillactl bootstrap --example prints one to start from");
      const { runBootstrap } = await import("./bootstrap-run.ts");
      const { json, ...chosen } = options;
      const result = await runBootstrap(file, { ...chosen, isQuiet: json ?? false });
      if (json) print(JSON.stringify(result.json, null, 2));
      else for (const line of result.lines) print(line);
      if (result.hasFailed) process.exitCode = 1;
    });
}
