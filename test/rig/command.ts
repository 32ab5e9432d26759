import { spawnSync } from "node:child_process";

/** What a program wrote and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longest time a command of the host may take; all are quick ones. */
const COMMAND_LIMIT_MS = 20_000;

/** Runs a program of the host to its end, synchronously, so that it works in an exit handler as well. */
export function tryCommand(program: string, args: readonly string[]): Outcome {
  const done = spawnSync(program, args, { encoding: "utf8", timeout: COMMAND_LIMIT_MS });
  return {
    status: done.status,
    stdout: done.stdout ?? "",
    stderr: done.error === undefined ? done.stderr : String(done.error),
  };
}

/** As `tryCommand`, for commands that must succeed: gives stdout, throws what it said otherwise. */
export function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = tryCommand(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.trim() || `exit ${status}`}`);
  return stdout;
}
