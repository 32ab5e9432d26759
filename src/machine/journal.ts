import { FlotillaError } from "../error.ts";
import { openCommand, tailOf } from "./channel.ts";
import { type CommandResult, runCommand } from "./exec.ts";
import { asRoot } from "./shell.ts";
import { type Connection, type ConnectOptions, connectSsh, pinnedHostKey } from "./ssh.ts";

export interface JournalOptions {
  readonly unit: string;
  readonly lines: number;
  /** journalctl's --output: "short", "json", ... */
  readonly output: string;
  readonly follow: boolean;
}

export function journalCommand({ unit, lines, output, follow }: JournalOptions): string[] {
  const base = [
    "journalctl",
    "--quiet",
    "--no-pager",
    `--unit=${unit}`,
    `--lines=${lines}`,
    `--output=${output}`,
  ];
  return follow ? [...base, "--follow"] : base;
}

export function statusCommand(unit: string): string[] {
  return ["systemctl", "status", "--full", "--no-pager", "--lines=10", "--", unit];
}

/**
 * The unit's journal, piece by piece, as fast as it is taken: the machine waits for a slow reader. It has a connection of its
 * own, which ends with the iteration, so that no journal can delay a renewal. Aborting `signal` ends it without an error.
 */
export async function* streamJournal(
  connect: ConnectOptions,
  journal: JournalOptions,
): AsyncGenerator<Buffer, void> {
  const connection = await connectSsh(connect, pinnedHostKey(connect.target));
  const { at, life } = connection;
  const abort = () => life.end(new FlotillaError("aborted", "the journal was cancelled", { at }));
  connect.signal?.addEventListener("abort", abort);
  try {
    if (connect.signal?.aborted) return;
    const channel = await openCommand(connection, asRoot(connection.user, journalCommand(journal)));
    const stderr = tailOf(channel.stderr);
    let exitCode: number | null = 0;
    channel.on("exit", (code: number | null) => {
      exitCode = code;
    });
    for await (const chunk of channel) {
      if (connect.signal?.aborted) return;
      yield chunk;
    }
    if (life.reason) throw life.reason;
    if (exitCode !== 0) throw new FlotillaError("journal-failed", `journalctl: ${stderr()}`, { at });
  } catch (error) {
    if (!connect.signal?.aborted) throw error;
  } finally {
    connect.signal?.removeEventListener("abort", abort);
    disconnect(connection);
  }
}

/** What `systemctl status` says, whatever its exit code (3 is an inactive unit, 4 an unknown one). */
export async function unitStatus(connect: ConnectOptions, unit: string): Promise<CommandResult> {
  const connection = await connectSsh(connect, pinnedHostKey(connect.target));
  try {
    return await runCommand(connection, asRoot(connection.user, statusCommand(unit)));
  } finally {
    disconnect(connection);
  }
}

function disconnect({ life, at }: Connection): void {
  life.end(new FlotillaError("closed", "the connection was closed by us", { at }));
}
