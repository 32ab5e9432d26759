import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { parseHostKey } from "../machine/host-key.ts";
import { probeMachine } from "../machine/probe.ts";
import { hostKeyPreference } from "../machine/ssh.ts";
import { describeTarget, type Identity } from "../machine/target.ts";
import type { ListedMachine } from "./cluster-file.ts";
import type { StateDirectory } from "./state-dir.ts";

/** Where a host key comes from: somebody vouched for it, or nobody has yet. */
export type FoundHostKey = {
  readonly hostKey: string;
  readonly fingerprint: string;
  readonly isTrusted: boolean;
};

export const placeOf = ({ address, port }: ListedMachine): string => `${address}:${port}`;

/** The key that the machine must show: of cluster.toml, accepted before, of known_hosts; else the one that it shows. */
export async function findHostKey(
  machine: ListedMachine,
  state: StateDirectory,
  how: { readonly identity: Identity; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<FoundHostKey> {
  const known = machine.hostKey ?? state.hostKey(placeOf(machine)) ?? (await knownHostKey(machine));
  if (known !== undefined)
    return { hostKey: known, fingerprint: parseHostKey(known).fingerprint, isTrusted: true };
  const { address, port, user } = machine;
  const target = { address, port, user, hostKey: undefined };
  return { ...(await probeMachine({ target, ...how })), isTrusted: false };
}

/** The best of the keys that the operator's known_hosts has for it; ssh-keygen reads hashed lines too. */
async function knownHostKey({ address, port }: ListedMachine): Promise<string | undefined> {
  const host = port === 22 ? address : `[${address}]:${port}`;
  // It fails when there is none, and where there is no ssh-keygen.
  const found = await promisify(execFile)("ssh-keygen", ["-F", host]).catch(() => undefined);
  const lines = (found?.stdout ?? "").split("\n").filter((line) => /^[^#@\s]\S* \S+ \S+/.test(line));
  const keys = lines.map((line) => line.split(" ").slice(1, 3).join(" "));
  const order: readonly string[] = [...hostKeyPreference(undefined), "ssh-rsa"];
  const rank = (key: string) => order.indexOf(key.split(" ")[0] ?? "");
  return keys.filter((key) => rank(key) >= 0).sort((a, b) => rank(a) - rank(b))[0];
}

export const notTrusted = (machine: ListedMachine, { fingerprint }: FoundHostKey): FlotillaError =>
  new FlotillaError("host-key-not-trusted", `nobody vouched for its host key ${fingerprint}`, {
    at: describeTarget({ ...machine, hostKey: undefined }),
    hint: "compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there, then use --yes or set host_key in cluster.toml",
  });
