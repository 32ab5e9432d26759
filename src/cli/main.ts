import { Command, CommanderError, Option } from "commander";
import { exitCodeOf, exitCodes } from "./exit.ts";
import { showProgress, tellError } from "./terminal.ts";
import { verbs } from "./verbs.ts";

function globalOption(flags: string, meaning: string, env: string): Option {
  return new Option(flags, meaning).env(env);
}

function createProgram(): Command {
  return new Command("flotillactl")
    .description("Runs systemd units on a cluster of machines.")
    .addOption(
      globalOption(
        "--endpoint <url>",
        "flotillad: unix:///PATH or https://HOST:PORT",
        "FLOTILLACTL_ENDPOINT",
      ).default("unix:///run/flotillad/api.sock"),
    )
    .addOption(globalOption("--ca-file <file>", "the cluster's CA, for https", "FLOTILLACTL_CA_FILE"))
    .addOption(
      globalOption("--cert-file <file>", "this client's certificate, for https", "FLOTILLACTL_CERT_FILE"),
    )
    .addOption(
      globalOption("--key-file <file>", "this client's private key, for https", "FLOTILLACTL_KEY_FILE"),
    )
    .option("-v, --version", "print the version and exit")
    .helpCommand("help [command]", "explain a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(inOurWords(text)) });
}

/** Commander's `error: ...\n(Did you mean start?)` as every other error of ours. */
function inOurWords(text: string): string {
  const ours = text
    .replace(/^error: /, "Error: ")
    .replace(/\n\(Did you mean (.*)\?\)/, "\nHint: did you mean $1?");
  const isLost = ours.startsWith("Error: unknown command") && !ours.includes("Hint:");
  return isLost ? `${ours}Hint: flotillactl --help lists the commands.\n` : ours;
}

/** Loads the verb that the arguments name; all of them for an overview or a suggestion. */
async function registerVerbs(program: Command, args: string[]): Promise<void> {
  const wanted = createProgram().parseOptions(args).operands[0] ?? "";
  const known = Object.hasOwn(verbs, wanted) ? verbs[wanted] : undefined;
  const loaders = known === undefined ? Object.values(verbs) : [known];
  for (const verb of await Promise.all(loaders.map((load) => load()))) verb.register(program);
}

/** Runs one command line and gives the exit status. */
async function run(args: string[]): Promise<number> {
  const program = createProgram();
  const isVersion = args.length === 1 && (args[0] === "--version" || args[0] === "-v");
  try {
    await registerVerbs(program, isVersion ? ["version"] : args);
    await program.parseAsync(isVersion ? ["version"] : args, { from: "user" });
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 || args.length === 0 ? exitCodes.ok : exitCodes.usage;
    tellError(error);
    return exitCodeOf(error);
  } finally {
    showProgress(undefined);
  }
}

// `flotillactl list-units | head -1` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await run(process.argv.slice(2));
