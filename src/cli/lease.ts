import { type Command, InvalidArgumentError } from "commander";
import type { LeaseAnswer } from "../api/contract.ts";
import { openSession } from "./session.ts";
import { print } from "./terminal.ts";

interface Options {
  readonly ttl?: number;
  readonly grace?: number;
  readonly json?: boolean;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new InvalidArgumentError("It takes whole milliseconds.");
  return value;
}

export function register(program: Command): void {
  program
    .command("lease")
    .description(
      "how long a machine that nobody reaches goes on with its exclusive units; shows it, or changes it",
    )
    .option("--ttl <ms>", "from a renewal to the end of the lease, in milliseconds", milliseconds)
    .option("--grace <ms>", "from the end of the lease to SIGKILL, in milliseconds", milliseconds)
    .option("--json", "print one JSON object")
    .action(async ({ ttl, grace, json }: Options, self: Command) => {
      const { client } = await openSession(self);
      const isChange = ttl !== undefined || grace !== undefined;
      const chosen = {
        ...(ttl === undefined ? {} : { ttlMs: ttl }),
        ...(grace === undefined ? {} : { graceMs: grace }),
      };
      const lease: LeaseAnswer = isChange ? await client.setLease(chosen) : await client.lease();
      if (json) print(JSON.stringify(lease, null, 2));
      else print(`ttl ${lease.ttlMs} ms, grace ${lease.graceMs} ms`);
    });
}
