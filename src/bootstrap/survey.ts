import { z } from "zod";
import { FlotillaError } from "../error.ts";
import { runCommand } from "../machine/exec.ts";
import { asRoot } from "../machine/shell.ts";
import type { Connection } from "../machine/ssh.ts";
import { surveyScript } from "./survey-script.ts";

/** What is there of Flotilla on a machine. */
export interface Survey {
  /** Its clock, less ours, in seconds. */
  readonly clockOffsetS: number;
  /** Path of Node. */
  readonly node: string | undefined;
  /** Whose data directory it has. */
  readonly identity: { readonly cluster: string; readonly id: string } | undefined;
  /** Length of the member's log; an empty one has never voted. */
  readonly logBytes: number;
  /** The release that it runs. */
  readonly release: string | undefined;
  /** Public key of the member's own SSH key: `ssh-ed25519 AAAA...`. */
  readonly sshKey: string | undefined;
  /** SHA-256 of the files that are there, by path. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly isActive: boolean;
  readonly isEnabled: boolean;
  /** It runs with older files than there are: somebody was interrupted before the restart. */
  readonly isStale: boolean;
  /** Content of the user's authorized_keys. */
  readonly authorizedKeys: string;
}

const identitySchema = z.object({ cluster: z.string(), id: z.string() });
const authorizedKeysBytesMax = 2 ** 20;

/** Looks at a machine without changing it. Rejects with "machine-survey-failed" or the connection's end. */
export async function surveyMachine(connection: Connection, nowS: () => number): Promise<Survey> {
  const { at, user } = connection;
  const before = nowS();
  const { stdout, stderr } = await runCommand(connection, asRoot(user, ["sh", "-c", surveyScript]));
  const heldKeys = await runCommand(
    connection,
    ["sh", "-c", "if [ -e ~/.ssh/authorized_keys ]; then cat ~/.ssh/authorized_keys; fi"],
    { outputBytesMax: authorizedKeysBytesMax },
  );
  if (heldKeys.exitCode !== 0)
    throw new FlotillaError("machine-survey-failed", `authorized_keys: ${heldKeys.stderr}`, { at });
  return parseSurvey(stdout, { stderr, at, nowS: (before + nowS()) / 2, authorizedKeys: heldKeys.stdout });
}

/** Reads the lines of the survey script. Throws "machine-survey-failed". */
export function parseSurvey(
  output: string,
  more: {
    readonly stderr: string;
    readonly at: string;
    readonly nowS: number;
    readonly authorizedKeys: string;
  },
): Survey {
  const { at, nowS, authorizedKeys } = more;
  const lines = output.split("\n").map((line) => /^(\S+)(?: (.+))?$/.exec(line) ?? []);
  const facts = new Map(lines.map(([, key = "", value = ""]) => [key, value]));
  if (!facts.has("end"))
    throw new FlotillaError("machine-survey-failed", `the machine cannot be looked at: ${more.stderr}`, {
      at,
    });
  const hashes = lines.filter(([, key]) => key === "hash").map(([, , value = ""]) => value.split(/ [ *]/));
  return {
    clockOffsetS: Number(facts.get("now-s") ?? nowS) - nowS,
    node: facts.get("node"),
    identity: parseIdentity(facts.get("identity"), at),
    logBytes: Number(facts.get("log-bytes") ?? 0),
    release: facts.get("release"),
    sshKey: facts.get("ssh-key"),
    hashes: new Map(hashes.map(([hash = "", path = ""]) => [path, hash])),
    isActive: facts.get("active") === "active",
    isEnabled: facts.get("enabled") === "enabled",
    isStale: facts.has("stale"),
    authorizedKeys,
  };
}

function parseIdentity(text: string | undefined, at: string): Survey["identity"] {
  if (text === undefined) return undefined;
  try {
    return identitySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FlotillaError("machine-survey-failed", "the member's identity.json cannot be read", {
      at,
      cause,
    });
  }
}
