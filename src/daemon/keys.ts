import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import { FlotillaError } from "../error.ts";
import type { Identity } from "../machine/target.ts";
import type { Credentials } from "../raft/peer.ts";
import type { Config } from "./config.ts";

/** The key with which this member reaches machines; one is made for a member that was given none. */
export function readSshIdentity(config: Config): Identity {
  if (config.ssh_agent !== undefined) return { kind: "agent", socket: config.ssh_agent };
  const file = config.ssh_key ?? join(config.data_dir, "ssh_key");
  if (config.ssh_key === undefined && !existsSync(file)) makeSshKey(file, config.name);
  const passphrase = config.ssh_passphrase && read(config.ssh_passphrase).trimEnd();
  return { kind: "key", privateKey: read(file), ...(passphrase ? { passphrase } : {}) };
}

/** What this member shows to the others, and whom it believes. */
export function readCredentials({ ca, cert, key }: NonNullable<Config["tls"]>): Credentials {
  return { ca: read(ca), cert: read(cert), key: read(key) };
}

function makeSshKey(file: string, name: string): void {
  const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment: `flotilla ${name}` });
  writeFileSync(file, pair.private, { mode: 0o600 });
  writeFileSync(`${file}.pub`, `${pair.public}\n`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new FlotillaError("key-unreadable", "a key cannot be read", { at: file, cause });
  }
}
