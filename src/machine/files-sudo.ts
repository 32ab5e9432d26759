import { FlotillaError } from "../error.ts";
import { runCommand } from "./exec.ts";
import { batchLimitMs, type Files, fileBytesMax, fileModeDefault } from "./files.ts";
import { asRoot } from "./shell.ts";
import type { Connection } from "./ssh.ts";

/**
 * "MODE SIZE PATH" and SIZE bytes, again and again, then "end". Nothing is renamed before the end was read, so a stream that
 * is cut off changes nothing.
 */
const writeScript = `set -u
modes=() paths=() news=()
drop() { rm -f -- "\${news[@]}"; echo "$1" >&2; exit 1; }
while read -r mode size path && [ "$mode" != end ]; do
  new=\${path%/*}/.\${path##*/}.new
  modes+=("$mode") paths+=("$path") news+=("$new")
  umask 022
  [ -d "\${path%/*}" ] || mkdir -p -- "\${path%/*}" || drop "$path"
  umask 077
  head -c "$size" >"$new" && chmod -- "$mode" "$new" || drop "$path"
done
[ "$mode" = end ] && sync -- "\${news[@]}" || drop "cut off"
for i in "\${!news[@]}"; do mv -fT -- "\${news[i]}" "\${paths[i]}" || drop "\${paths[i]}"; done`;

const removeScript = `set -u
while IFS= read -r path; do
  rm -f -- "$path" || exit 1
  case \${path%/*} in *.d) rmdir -- "\${path%/*}" 2>/dev/null;; esac
done
exit 0`;

/** For each file that exists its path and a line of base64; one byte more than allowed shows that it is too long. */
const readScript = `set -u
while IFS= read -r path; do
  [ ! -e "$path" ] || { printf '%s\\n' "$path"; head -c ${fileBytesMax + 1} -- "$path" | base64 -w 0; echo; }
done`;

const outputBytesMax = 32 * 2 ** 20;

/** Files for a user who may become root only by sudo: one command a batch, with the same promises as over SFTP. */
export function sudoFiles(connection: Connection): Files {
  const { at, user } = connection;
  const run = async (script: string, stdin: Buffer) => {
    const argv = asRoot(user, ["bash", "-c", script, "flotilla-files"]);
    const result = await runCommand(connection, argv, { stdin, limitMs: batchLimitMs, outputBytesMax });
    if (result.exitCode !== 0)
      throw new FlotillaError("file-failed", result.stderr || "the file command failed", { at });
    return result.stdout;
  };
  const lines = (paths: readonly string[]) => Buffer.from(paths.map((path) => `${path}\n`).join(""));
  return {
    write: async (files) => {
      const parts = files.map(({ path, text, mode = fileModeDefault }) => {
        const bytes = Buffer.from(text, "utf8");
        return Buffer.concat([Buffer.from(`${mode.toString(8)} ${bytes.length} ${path}\n`), bytes]);
      });
      await run(writeScript, Buffer.concat([...parts, Buffer.from("end 0 end\n")]));
    },
    remove: async (paths) => void (await run(removeScript, lines(paths))),
    read: async (paths) => {
      const output = (await run(readScript, lines(paths))).split("\n");
      const texts = new Map<string, string>();
      for (let index = 0; index + 1 < output.length; index += 2) {
        const bytes = Buffer.from(output[index + 1] ?? "", "base64");
        if (bytes.length > fileBytesMax)
          throw new FlotillaError("file-failed", `${output[index]}: more than ${fileBytesMax} bytes`, { at });
        texts.set(output[index] ?? "", bytes.toString("utf8"));
      }
      return texts;
    },
  };
}
