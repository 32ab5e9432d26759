import type { Readable } from "node:stream";
import type { ClientChannel, SFTPWrapper } from "ssh2";
import { FlotillaError } from "../error.ts";
import { withDeadline } from "./deadline.ts";
import { commandLine } from "./shell.ts";
import type { Connection } from "./ssh.ts";

type Opened<T> = (error: Error | undefined, channel: T) => void;

const openLimitMs = 5_000;

/** Starts a command; its channel carries stdin and stdout. Rejects with "channel-refused", "timeout" or the connection's end. */
export async function openCommand(connection: Connection, argv: readonly string[]): Promise<ClientChannel> {
  const command = commandLine(argv);
  return neverThrowing(await open(connection, "exec", (opened) => connection.client.exec(command, opened)));
}

/** A stream to a unix socket of the machine. sshd may forbid it: "channel-refused". */
export async function openSocket(connection: Connection, path: string): Promise<ClientChannel> {
  const start = (opened: Opened<ClientChannel>) =>
    connection.client.openssh_forwardOutStreamLocal(path, opened);
  return neverThrowing(await open(connection, `socket ${path}`, start));
}

/** SFTP; when its server ends, so does the connection. */
export async function openSftp(connection: Connection): Promise<SFTPWrapper> {
  const sftp = await open<SFTPWrapper>(connection, "sftp", (opened) => connection.client.sftp(opened));
  const lost = () =>
    connection.life.end(new FlotillaError("sftp-closed", "SFTP was closed", { at: connection.at }));
  return sftp.on("error", lost).on("end", lost).on("close", lost);
}

/** The last `bytesMax` bytes of a stream, for error messages; it is always drained, so that nobody waits for us. */
export function tailOf(stream: Readable, bytesMax = 2_048): () => string {
  let tail = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-bytesMax);
  });
  return () => tail.toString("utf8").trim();
}

function open<T>(connection: Connection, what: string, start: (opened: Opened<T>) => void): Promise<T> {
  const { at, clock, life } = connection;
  const opening = new Promise<T>((resolve, reject) => {
    if (life.reason) throw life.reason;
    start((error, channel) => {
      if (!error) resolve(channel);
      else
        reject(
          life.reason ?? new FlotillaError("channel-refused", `cannot open ${what}`, { at, cause: error }),
        );
    });
  });
  return withDeadline(opening, { clock, limitMs: openLimitMs, what: `opening ${what}`, at });
}

/** What goes wrong on a channel shows as its end; an "error" event without a listener would end the process. */
function neverThrowing(channel: ClientChannel): ClientChannel {
  channel.stderr.on("error", () => {});
  return channel.on("error", () => {});
}
