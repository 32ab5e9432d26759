import { FlotillaError } from "../error.ts";
import { runCommand } from "./exec.ts";
import type { HostKey } from "./host-key.ts";
import { type ConnectOptions, connectSsh } from "./ssh.ts";

export interface Probe {
  /** "ssh-ed25519 AAAA...", to be pinned once a person has compared the fingerprint. */
  readonly hostKey: string;
  /** "SHA256:...", as `ssh-keygen -lf` prints it on the machine. */
  readonly fingerprint: string;
  /** undefined when the machine did not let us in; `problem` says why. */
  readonly machineId: string | undefined;
  readonly problem: FlotillaError | undefined;
}

/** Connects once to a machine whose host key is not known yet, changes nothing, and says who it is. Rejects when nobody answers. */
export async function probeMachine(options: ConnectOptions): Promise<Probe> {
  let seen: HostKey | undefined;
  try {
    const connection = await connectSsh(options, (key) => {
      seen = key;
      return undefined;
    });
    const { exitCode, stdout } = await runCommand(connection, ["cat", "/etc/machine-id"]);
    connection.life.end(new FlotillaError("closed", "the probe is done"));
    const machineId = /^[0-9a-f]{32}$/.exec(stdout.trim())?.[0];
    if (!seen)
      throw new FlotillaError("machine-ssh-failed", "the machine showed no host key", { at: connection.at });
    const problem = machineId
      ? undefined
      : new FlotillaError("machine-id-missing", `/etc/machine-id cannot be read (${exitCode})`, {
          at: connection.at,
        });
    return { hostKey: seen.line, fingerprint: seen.fingerprint, machineId, problem };
  } catch (error) {
    if (!seen || !(error instanceof FlotillaError)) throw error;
    return { hostKey: seen.line, fingerprint: seen.fingerprint, machineId: undefined, problem: error };
  }
}
