import { randomBytes } from "node:crypto";
import { z } from "zod";
import { FlotillaError } from "../error.ts";
import type { Disk } from "./disk.ts";
import { logName } from "./log-file.ts";

/** Which member of which cluster a data directory belongs to. */
export interface Identity {
  readonly cluster: string;
  /** `NAME.` and 16 random hex digits: another directory never gets it, so a lost vote is never cast again. */
  readonly id: string;
}

const identityName = "identity.json";
const identitySchema = z.object({ format: z.literal(1), cluster: z.string(), id: z.string() });
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

/** The member's name in a Raft id; its certificate bears it as common name. */
export function nameOf(id: string): string {
  const end = id.lastIndexOf(".");
  return end < 0 ? id : id.slice(0, end);
}

/** A new Raft id for the member `name`. */
export function createId(name: string, random: Buffer = randomBytes(8)): string {
  if (!namePattern.test(name))
    throw new FlotillaError("member-name-invalid", `"${name}" cannot be a member's name`, {
      hint: "up to 63 letters, digits, '.', '_' and '-'",
    });
  return `${name}.${random.toString("hex")}`;
}

/** The identity of a data directory; undefined when it is empty. Throws "log-missing" when its log is gone. */
export async function readIdentity(disk: Disk): Promise<Identity | undefined> {
  const [text, log] = [await disk.read(identityName), await disk.read(logName)];
  if (text === undefined) {
    if (log === undefined || log.length === 0) return undefined;
    throw new FlotillaError("identity-missing", "the data directory has a log but no identity", {
      at: `${disk.path}/${identityName}`,
    });
  }
  const { cluster, id } = identitySchema.parse(JSON.parse(text.toString()));
  if (log !== undefined) return { cluster, id };
  throw new FlotillaError("log-missing", `the log of member ${id} is gone, and its votes with it`, {
    at: `${disk.path}/${logName}`,
    hint: `remove ${id} from the cluster and add this member again with an empty data directory`,
  });
}

/** The identity of a data directory, made when it is empty. Throws when it is another member's or another cluster's. */
export async function openIdentity(
  disk: Disk,
  expected: { readonly cluster: string; readonly name: string },
): Promise<Identity> {
  const found = await readIdentity(disk);
  if (!found) return createIdentity(disk, { cluster: expected.cluster, id: createId(expected.name) });
  if (found.cluster !== expected.cluster) throw foreign("cluster", found.cluster, expected.cluster, disk);
  if (nameOf(found.id) !== expected.name) throw foreign("member", nameOf(found.id), expected.name, disk);
  return found;
}

async function createIdentity(disk: Disk, identity: Identity): Promise<Identity> {
  // The log first: from now on an identity without a log means that the log was lost.
  await disk.replace(logName, Buffer.alloc(0));
  await disk.replace(identityName, Buffer.from(`${JSON.stringify({ format: 1, ...identity })}\n`));
  return identity;
}

function foreign(what: string, found: string, expected: string, disk: Disk): FlotillaError {
  return new FlotillaError(
    "data-directory-foreign",
    `the data directory belongs to ${what} ${found}, not ${expected}`,
    {
      at: disk.path,
      hint: "correct the configuration, or give the member another data directory",
    },
  );
}
