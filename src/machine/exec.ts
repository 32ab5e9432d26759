import { FlotillaError } from "../error.ts";
import { openCommand, tailOf } from "./channel.ts";
import { withDeadline } from "./deadline.ts";
import type { Connection } from "./ssh.ts";

export interface CommandResult {
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** Its last 2 KiB. */
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stdin?: string | Buffer;
  readonly limitMs?: number;
  /** More output than this closes the command: "output-too-long". */
  readonly outputBytesMax?: number;
}

const commandLimitMs = 30_000;
const outputBytesMaxDefault = 2 ** 20;

/** Runs a command to its end; any exit code is an answer. Rejects with "timeout", "output-too-long" or the connection's end. */
export async function runCommand(
  connection: Connection,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { limitMs = commandLimitMs, outputBytesMax = outputBytesMaxDefault } = options;
  const { at, clock, life } = connection;
  const channel = await openCommand(connection, argv);
  const stderr = tailOf(channel.stderr);
  const result = new Promise<CommandResult>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    channel.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= outputBytesMax) chunks.push(chunk);
      else
        reject(new FlotillaError("output-too-long", `${argv[0]}: more than ${outputBytesMax} bytes`, { at }));
    });
    const forget = life.onEnd(reject);
    channel.on("close", (exitCode?: number | null) => {
      forget();
      if (life.reason) reject(life.reason);
      else
        resolve({
          exitCode: exitCode ?? undefined,
          stdout: Buffer.concat(chunks).toString("utf8"),
          stderr: stderr(),
        });
    });
  });
  channel.end(options.stdin);
  try {
    return await withDeadline(life.during(result), { clock, limitMs, what: argv.slice(0, 3).join(" "), at });
  } finally {
    channel.destroy();
  }
}
