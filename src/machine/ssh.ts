import { connect } from "node:net";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import type { Clock } from "../clock.ts";
import { describeError, FlotillaError } from "../error.ts";
import { type HostKey, parseHostKey, readHostKey } from "./host-key.ts";
import { createLifetime, type Lifetime } from "./lifetime.ts";
import { describeTarget, type Identity, type Target } from "./target.ts";

/** An authenticated SSH connection. Ending its life destroys the socket at once. */
export interface Connection {
  readonly client: Client;
  readonly user: string;
  /** The machine's name in messages. */
  readonly at: string;
  readonly clock: Clock;
  readonly life: Lifetime;
}

export interface ConnectOptions {
  readonly target: Target;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** For TCP, key exchange and authentication together. */
  readonly limitMs?: number;
}

const connectLimitMs = 5_000;
// Silence is noticed after interval * (count + 1) at the latest: 2 s.
const keepaliveIntervalMs = 500;
const keepaliveCount = 3;

/**
 * Connects and authenticates; `accept` looks at the host key and returns what is wrong with it.
 * Rejects with "machine-unreachable", "machine-silent", "machine-auth-failed", "machine-ssh-failed", "identity-invalid",
 * "aborted" or what `accept` returned.
 */
export async function connectSsh(
  options: ConnectOptions,
  accept: (key: HostKey) => FlotillaError | undefined,
): Promise<Connection> {
  const { target, clock, signal, limitMs = connectLimitMs } = options;
  const at = describeTarget(target);
  const life = createLifetime();
  const client = new Client();
  // An own socket, because ssh2 leaves Nagle's algorithm on: 40 ms a round trip with delayed acknowledgements.
  const socket = connect({ host: target.address, port: target.port, noDelay: true });
  const silent = new FlotillaError("machine-silent", `no SSH connection within ${limitMs} ms`, { at });
  const cancel = clock.after(limitMs, () => life.end(silent));
  const abort = () => life.end(new FlotillaError("aborted", "connecting was given up", { at }));
  signal?.addEventListener("abort", abort);
  const settled = () => {
    cancel();
    signal?.removeEventListener("abort", abort);
  };
  life.onEnd(() => {
    settled();
    socket.destroy();
  });
  const lost = () =>
    life.end(new FlotillaError("machine-disconnected", "the SSH connection was closed", { at }));
  client.on("error", (error) => life.end(explain(error, at)));
  client.on("end", lost).on("close", lost);
  const ready = new Promise<void>((resolve, reject) => {
    client.once("ready", resolve);
    life.onEnd(reject);
  });
  try {
    if (signal?.aborted) abort();
    else client.connect({ sock: socket, ...configuration(options), ...hostKeyCheck(target, accept, life) });
  } catch (error) {
    life.end(new FlotillaError("identity-invalid", "the SSH key cannot be used", { at, cause: error }));
  }
  // With a key that cannot be parsed ssh2 never listens to the socket.
  socket.on("error", (error) => life.end(explain(error, at)));
  await ready;
  settled();
  return { client, user: target.user, at, clock, life };
}

/** Accepts only the key that was pinned at enrolment: "host-key-changed", "host-key-unknown", "host-key-invalid". */
export function pinnedHostKey(target: Target): (key: HostKey) => FlotillaError | undefined {
  const at = describeTarget(target);
  if (target.hostKey === undefined) {
    const hint = "enrol it with `flotillactl machine add`, which shows the fingerprint";
    throw new FlotillaError("host-key-unknown", "no host key is pinned for this machine", { at, hint });
  }
  const pinned = parseHostKey(target.hostKey);
  return (key) =>
    key.line === pinned.line
      ? undefined
      : new FlotillaError(
          "host-key-changed",
          `the machine shows host key ${key.fingerprint} (${key.type}), enrolled was ${pinned.fingerprint} (${pinned.type})`,
          {
            at,
            hint: "if it was reinstalled, remove and add the machine again; otherwise somebody answers in its place",
          },
        );
}

function configuration({ target, identity }: ConnectOptions): ConnectConfig {
  const common = {
    username: target.user,
    readyTimeout: 0, // the time limit is ours, on our clock
    keepaliveInterval: keepaliveIntervalMs,
    keepaliveCountMax: keepaliveCount,
  };
  // Naming the method saves the round trip in which ssh2 would try "none".
  if (identity.kind === "agent") return { ...common, agent: identity.socket, authHandler: ["agent"] };
  const { privateKey, passphrase } = identity;
  return { ...common, privateKey, ...(passphrase ? { passphrase } : {}), authHandler: ["publickey"] };
}

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** Asks for the pinned type first: a machine with several host keys must show that one. */
export function hostKeyPreference(pinned: string | undefined): ServerHostKeyAlgorithm[] {
  const type = pinned === undefined ? "" : parseHostKey(pinned).type;
  const isPinned = (name: string) => name === type || (type === "ssh-rsa" && name.startsWith("rsa-"));
  return [...hostKeyAlgorithms.filter(isPinned), ...hostKeyAlgorithms.filter((name) => !isPinned(name))];
}

function hostKeyCheck(target: Target, accept: (key: HostKey) => FlotillaError | undefined, life: Lifetime) {
  return {
    algorithms: { serverHostKey: hostKeyPreference(target.hostKey) },
    hostVerifier: (blob: Buffer) => {
      const fault = accept(readHostKey(blob));
      if (fault) life.end(fault);
      return fault === undefined;
    },
  };
}

function explain(error: Error & { level?: string; code?: string }, at: string): FlotillaError {
  switch (error.level) {
    case "client-authentication":
      return new FlotillaError("machine-auth-failed", "the machine refused our SSH key", {
        at,
        hint: "the member's public key must be in authorized_keys of that user",
        cause: error,
      });
    case "client-timeout":
      return new FlotillaError("machine-silent", "the machine does not answer any more", {
        at,
        cause: error,
      });
    case "agent":
      return new FlotillaError("identity-invalid", "the SSH agent does not answer", { at, cause: error });
    case "protocol":
    case "handshake":
      return new FlotillaError("machine-ssh-failed", `SSH failed: ${describeError(error)}`, { at });
    default:
      return new FlotillaError("machine-unreachable", `cannot reach the machine: ${describeError(error)}`, {
        at,
      });
  }
}
