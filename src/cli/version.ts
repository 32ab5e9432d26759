import type { Command } from "commander";
import { version } from "../version.ts";
import { openSession } from "./session.ts";
import { print } from "./terminal.ts";

export function register(program: Command): void {
  program
    .command("version")
    .description("print the version and exit")
    .option("--server", "also print the version and the role of the flotillad at the endpoint")
    .option("--json", "print both as one JSON object")
    .action(async (options: { server?: boolean; json?: boolean }, command: Command) => {
      if (!options.json) print(`flotillactl version ${version}`);
      if (!options.server && !options.json) return;
      const server = await (await openSession(command)).client.version();
      if (options.json) return print(JSON.stringify({ client: version, ...server }, null, 2));
      const { member, role, cluster, leader, term } = server;
      print(`flotillad version ${server.version}`);
      print(`cluster ${cluster}, member ${member} (${role}), leader ${leader ?? "none"}, term ${term}`);
    });
}
