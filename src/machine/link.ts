import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { sessionScript } from "../lease/session.ts";
import type { Log } from "../log.ts";
import { openBusChannel } from "./bus-channel.ts";
import { openCommand, openSftp, tailOf } from "./channel.ts";
import { openBus } from "./dbus/bus.ts";
import { type Files, guardedFiles } from "./files.ts";
import { sftpFiles } from "./files-sftp.ts";
import { sudoFiles } from "./files-sudo.ts";
import { openSession, type Session } from "./session.ts";
import { asRoot } from "./shell.ts";
import { delayShutdown, type Shutdown } from "./shutdown.ts";
import { type Connection, connectSsh, pinnedHostKey } from "./ssh.ts";
import { openSystemd, type Systemd } from "./systemd.ts";
import type { Identity, Target } from "./target.ts";

export type { Inventory } from "./inventory.ts";
export type { JobResult } from "./jobs.ts";
export type { ClockReading } from "./session.ts";
export type { UnitState } from "./unit-state.ts";

/** One machine that has accepted us as its leader. When any part of the connection fails, all of it ends. */
export interface MachineLink extends Session, Systemd, Shutdown {
  writeFiles: Files["write"];
  removeFiles: Files["remove"];
  readFiles: Files["read"];
  /** Resolves, and never rejects, with the reason when the connection is gone. */
  readonly closed: Promise<FlotillaError>;
  /** Destroys the connection at once; everything pending rejects with the reason. */
  close(reason?: FlotillaError): void;
}

export interface MachineOptions {
  readonly target: Target;
  readonly identity: Identity;
  readonly cluster: string;
  /** The Raft term in which we lead, and the number of this connection within it. */
  readonly epoch: number;
  readonly seq: number;
  /** Another cluster that the machine may have obeyed until now. */
  readonly givenUp?: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** For TCP, key exchange and authentication together; each later step has its own limit. */
  readonly limitMs?: number;
}

/** The remote end of the D-Bus is always root's. */
const rootUid = 0;

/** Connects and registers. Rejects with "host-key-changed", "machine-...", "session-...", "timeout", "aborted". */
export async function connectMachine(options: MachineOptions): Promise<MachineLink> {
  const { target, clock, log, signal } = options;
  const startedAtMs = clock.now();
  const connection = await connectSsh(options, pinnedHostKey(target));
  const { at, life } = connection;
  const abort = () => life.end(new FlotillaError("aborted", "connecting was given up", { at }));
  signal?.addEventListener("abort", abort);
  try {
    // Registered first: whatever an older connection still holds dies before anything else can be sent on this one.
    const session = await register(connection, options);
    const [files, systemd, shutdown] = await Promise.all([
      openFiles(connection),
      openBusOf(connection),
      delayShutdown(connection),
    ]);
    log("debug", "connected to machine", { machine: at, ms: Math.round(clock.now() - startedAtMs) });
    return joined({ session, files, systemd, shutdown }, connection);
  } catch (error) {
    life.end(new FlotillaError("closed", "connecting failed", { at, cause: error }));
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** The command that registers a connection; nothing has to be on the machine before it but bash. */
export function sessionCommand(
  user: string,
  { cluster, epoch, seq, givenUp }: Pick<MachineOptions, "cluster" | "epoch" | "seq" | "givenUp">,
): readonly string[] {
  return asRoot(user, [
    "bash",
    "-c",
    sessionScript,
    "flotilla-session",
    cluster,
    String(epoch),
    String(seq),
    ...(givenUp ? [givenUp] : []),
  ]);
}

async function register(connection: Connection, options: MachineOptions): Promise<Session> {
  const argv = sessionCommand(connection.user, options);
  const channel = await openCommand(connection, argv);
  return openSession(channel, { ...connection, stderr: tailOf(channel.stderr) });
}

/** SFTP can only do what its user may; anybody but root writes through sudo. */
async function openFiles(connection: Connection): Promise<Files> {
  const files =
    connection.user === "root" ? sftpFiles(await openSftp(connection), connection.at) : sudoFiles(connection);
  return guardedFiles(files, connection);
}

async function openBusOf(connection: Connection): Promise<Systemd> {
  const bus = await openBus(await openBusChannel(connection), { ...connection, uid: rootUid });
  return openSystemd(bus, connection.life);
}

interface Parts {
  readonly session: Session;
  readonly files: Files;
  readonly systemd: Systemd;
  readonly shutdown: Shutdown;
}

function joined({ session, files, systemd, shutdown }: Parts, { life, at }: Connection): MachineLink {
  return {
    ...systemd,
    ...session,
    ...shutdown,
    get reading() {
      return session.reading;
    },
    writeFiles: files.write,
    removeFiles: files.remove,
    readFiles: files.read,
    closed: life.ended,
    close: (reason = new FlotillaError("closed", "the connection was closed by us", { at })) =>
      life.end(reason),
  };
}
