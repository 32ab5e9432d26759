import { FlotillaError } from "../error.ts";
import { runCommand } from "../machine/exec.ts";
import { asRoot } from "../machine/shell.ts";
import type { Connection } from "../machine/ssh.ts";
import { type AuthorizedKey, authorize } from "./authorized-keys.ts";
import { configuration, type MemberFile, releases, sshKeyFile } from "./member-files.ts";
import type { Release } from "./release.ts";

/** Long enough for a bundle over a slow line. */
const installLimitMs = 300_000;
const serviceLimitMs = 100_000;

/** Runs a shell script as root, with arguments; rejects with "step-failed" and what it said. */
export async function runScript(
  connection: Connection,
  script: string,
  args: readonly string[] = [],
  more: { readonly stdin?: string | Buffer; readonly limitMs?: number } = {},
): Promise<string> {
  const argv = asRoot(connection.user, ["sh", "-euc", script, "sh", ...args]);
  const { exitCode, stdout, stderr } = await runCommand(connection, argv, more);
  if (exitCode === 0) return stdout;
  throw new FlotillaError("step-failed", stderr || `exit status ${exitCode}`, { at: connection.at });
}

/** Unpacks the release beside the others and switches to it; the one before is kept. */
export async function install(connection: Connection, release: Release): Promise<void> {
  const script = `umask 022
mkdir -p ${releases} && cd ${releases}
rm -rf "$1.new" && mkdir "$1.new" && tar -xf - -C "$1.new" --no-same-owner
rm -rf "$1" && mv "$1.new" "$1" && sync -f "$1"
before=$(readlink current || :)
ln -sfn "$1" current.new && mv -T current.new current
for d in *; do case $d in current | "$1" | "$before") ;; *) rm -rf "$d" ;; esac; done
for program in flotillad flotillactl; do ln -sfn ${releases}/current/bin/$program /usr/local/bin/$program; done`;
  await runScript(connection, script, [release.name], {
    stdin: await release.pack(),
    limitMs: installLimitMs,
  });
}

/** Makes the member's SSH key where it stays: nobody else ever sees the private half. Gives the public one. */
export async function makeSshKey(connection: Connection, comment: string): Promise<string> {
  const script = `umask 077; mkdir -p -m 755 ${configuration}; rm -f ${sshKeyFile} ${sshKeyFile}.pub
ssh-keygen -q -t ed25519 -N '' -C "$1" -f ${sshKeyFile}; cut -d' ' -f1,2 ${sshKeyFile}.pub`;
  return (await runScript(connection, script, [comment])).trim();
}

/** Each file appears whole, and never with more rights than it is to have. */
export async function writeFiles(connection: Connection, files: readonly MemberFile[]): Promise<void> {
  const script = `umask 077; mkdir -p -m 755 "\${1%/*}"; cat >"$1.new"; chmod "$2" "$1.new"; sync "$1.new"; mv "$1.new" "$1"`;
  for (const { path, text, mode } of files)
    await runScript(connection, script, [path, mode.toString(8)], { stdin: text });
}

/** Adds the keys to the user's own authorized_keys, on its newest content. */
export async function authorizeKeys(connection: Connection, keys: readonly AuthorizedKey[]): Promise<void> {
  const asUser = async (script: string, stdin = ""): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCommand(connection, ["sh", "-euc", script], { stdin });
    if (exitCode === 0) return stdout;
    throw new FlotillaError("step-failed", `authorized_keys: ${stderr}`, { at: connection.at });
  };
  const before = await asUser("if [ -e ~/.ssh/authorized_keys ]; then cat ~/.ssh/authorized_keys; fi");
  const after = authorize(before, keys);
  // Through a link, should it be one: `mv` would replace the link.
  const script = `umask 077; mkdir -p ~/.ssh; f=$(readlink -f ~/.ssh/authorized_keys)
cat >"$f.new"; [ ! -e "$f" ] || chmod --reference="$f" "$f.new"; sync "$f.new"; mv "$f.new" "$f"`;
  if (after !== before) await asUser(script, after);
}

export type ServiceVerb = "start" | "stop" | "restart" | "enable";

/** systemctl on flotillad; starting returns when it serves its API. */
export async function controlService(connection: Connection, verb: ServiceVerb): Promise<void> {
  try {
    await runScript(connection, `systemctl daemon-reload; systemctl ${verb} flotillad.service`, [], {
      limitMs: serviceLimitMs,
    });
  } catch (cause) {
    throw new FlotillaError("service-failed", `flotillad could not ${verb}`, {
      hint: "look at `journalctl -u flotillad` there",
      cause,
    });
  }
}

/** Runs a command of flotillad on a member, under its configuration, and gives what it printed. */
export async function runFlotillad(
  connection: Connection,
  node: string | undefined,
  command: string,
): Promise<string> {
  const script = `"$1" ${releases}/current/dist/flotillad.js "$2"`;
  return (await runScript(connection, script, [node ?? "node", command])).trim();
}
