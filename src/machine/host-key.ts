import { createHash } from "node:crypto";
import { FlotillaError } from "../error.ts";

/** A host's public key as SSH sends it, and as known_hosts and the cluster state write it. */
export interface HostKey {
  /** "ssh-ed25519" */
  readonly type: string;
  /** "ssh-ed25519 AAAAC3Nza..." */
  readonly line: string;
  /** "SHA256:..." exactly as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
}

/** Reads a key blob (RFC 4253, 6.6: it begins with the length and the name of its type). Throws "host-key-invalid". */
export function readHostKey(blob: Buffer): HostKey {
  const length = blob.length > 4 ? blob.readUInt32BE(0) : 0;
  const type = blob.toString("latin1", 4, 4 + length);
  if (length > blob.length - 4 || !/^[a-z0-9@.-]{1,64}$/.test(type))
    throw new FlotillaError("host-key-invalid", "not an SSH public key");
  const digest = createHash("sha256").update(blob).digest("base64");
  return {
    type,
    line: `${type} ${blob.toString("base64")}`,
    fingerprint: `SHA256:${digest.replace(/=+$/, "")}`,
  };
}

/** Reads "TYPE BASE64 [COMMENT]", as in a .pub file. Throws "host-key-invalid". */
export function parseHostKey(line: string): HostKey {
  const [type, base64] = line.trim().split(/\s+/);
  const key = readHostKey(Buffer.from(base64 ?? "", "base64"));
  if (key.type !== type) throw new FlotillaError("host-key-invalid", `host key is not of type ${type}`);
  return key;
}
