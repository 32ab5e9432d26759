import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { FlotillaError } from "../error.ts";
import type { Identity } from "../machine/target.ts";

const usualFiles = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"];

/** How the operator may prove who they are, to be tried in this order. Throws "identity-missing". */
export function operatorIdentities(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
): [Identity, ...Identity[]] {
  if (file !== undefined) return [readIdentityFile(file.replace(/^~(?=\/)/, homedir()))];
  const socket = env["SSH_AUTH_SOCK"];
  const usual = usualFiles.map((name) => join(homedir(), name)).filter(existsSync);
  const [first, ...others]: Identity[] = [
    ...(socket ? [{ kind: "agent", socket } as const] : []),
    ...usual.map(readIdentityFile),
  ];
  if (first) return [first, ...others];
  throw new FlotillaError("identity-missing", "there is no SSH key to log in with", {
    hint: "start ssh-agent, make one with ssh-keygen, or name one under [ssh] as identity",
  });
}

function readIdentityFile(path: string): Identity {
  try {
    return { kind: "key", privateKey: readFileSync(path, "utf8") };
  } catch (cause) {
    throw new FlotillaError("identity-missing", "the SSH key cannot be read", { at: path, cause });
  }
}
