import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What makes a machine itself; kept on its disk, which outlives every power cycle. */
export interface Identity {
  readonly machineId: string;
  /** `ssh-ed25519 AAAA...`, to be pinned. */
  readonly hostKey: string;
}

/** Makes a key pair without passphrase at `file` unless there is one; gives the public key without its comment. */
export function ensureKey(file: string, comment: string): string {
  if (!existsSync(file))
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
  return readFileSync(`${file}.pub`, "utf8").split(" ", 2).join(" ");
}

/** A machine-id that stays the same when a rig of the same name is made again. */
const machineIdOf = (rig: string, name: string): string =>
  createHash("md5").update(`flotilla rig ${rig} ${name}`).digest("hex");

const hosts = (subnet: string): string =>
  [
    "127.0.0.1 localhost",
    `${subnet}.1 nas host`,
    ...Array.from({ length: 9 }, (_, index) => `${subnet}.${11 + index} m${index + 1}`),
    "",
  ].join("\n");

const network = (subnet: string, address: string): string => `[Match]
Name=host0
[Network]
Address=${address}/24
Gateway=${subnet}.1
LinkLocalAddressing=no
IPv6AcceptRA=no
`;

/** Gives the machine in `directory` its disk (the upper directory of an overlay) unless it has one already. */
export function prepareDisk(o: {
  directory: string;
  rig: string;
  name: string;
  subnet: string;
  address: string;
  publicKeyFile: string;
}): Identity {
  const upper = `${o.directory}/upper`;
  const machineId = machineIdOf(o.rig, o.name);
  const hostKeyFile = `${upper}/etc/ssh/ssh_host_ed25519_key`;
  // Directories of the upper layer hide those of the base with their mode: a tight umask would lock users out.
  const umask = process.umask(0o022);
  for (const part of ["upper", "work", "root"]) mkdirSync(`${o.directory}/${part}`, { recursive: true });
  if (!existsSync(hostKeyFile)) {
    const put = (path: string, text: string) => {
      mkdirSync(dirname(upper + path), { recursive: true });
      writeFileSync(upper + path, text);
    };
    put("/etc/machine-id", `${machineId}\n`);
    put("/etc/hostname", `${o.name}\n`);
    put("/etc/hosts", hosts(o.subnet));
    put("/etc/systemd/network/10-host0.network", network(o.subnet, o.address));
    put("/etc/ssh/rig_keys", readFileSync(o.publicKeyFile, "utf8"));
  }
  const hostKey = ensureKey(hostKeyFile, o.name);
  process.umask(umask);
  return { machineId, hostKey };
}
