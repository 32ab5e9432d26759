import type { Command } from "commander";
import { openSession } from "./session.ts";
import { print } from "./terminal.ts";

/** Set by the bundler. */
declare const FLOTILLA_VERSION: string | undefined;

async function ownVersion(): Promise<string> {
  if (typeof FLOTILLA_VERSION === "string") return FLOTILLA_VERSION;
  const { readFile } = await import("node:fs/promises");
  const file = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { version }: { version: string } = JSON.parse(file);
  return version;
}

export function register(program: Command): void {
  program
    .command("version")
    .description("print the version and exit")
    .option("--server", "also print the version and the role of the flotillad at the endpoint")
    .action(async (options: { server?: boolean }, command: Command) => {
      print(`flotillactl version ${await ownVersion()}`);
      if (!options.server) return;
      const { client } = await openSession(command);
      const { version, member, role, cluster, leader, term } = await client.version();
      print(`flotillad version ${version}`);
      print(`cluster ${cluster}, member ${member} (${role}), leader ${leader ?? "none"}, term ${term}`);
    });
}
