import { FlotillaError } from "../error.ts";
import { withDeadline } from "./deadline.ts";
import type { Connection } from "./ssh.ts";

export interface MachineFile {
  /** Absolute; missing directories above it are made. */
  readonly path: string;
  readonly text: string;
  /** 0o644 when not given. */
  readonly mode?: number;
}

/** Files of one machine, as root. Errors: "file-failed" with the path, "path-invalid", or the connection's end. */
export interface Files {
  /** Each appears whole or not at all: written beside its name, synced, renamed. No order among them. */
  write(files: readonly MachineFile[]): Promise<void>;
  /** Missing ones are no error; a directory NAME.d that became empty is removed too. */
  remove(paths: readonly string[]): Promise<void>;
  /** Those that exist, by path. */
  read(paths: readonly string[]): Promise<Map<string, string>>;
}

export const fileModeDefault = 0o644;
/** Unit files and scripts are small; a longer one is a mistake. */
export const fileBytesMax = 2 ** 20;

/** A batch may be slow on a disk that is; a disk that hangs must not hold us for ever. */
export const batchLimitMs = 60_000;

/** `files` behind a check of paths and lengths, a time limit and the connection's end, which both ways of writing need. */
export function guardedFiles(files: Files, { at, clock, life }: Connection): Files {
  const guard = <T>(work: Promise<T>) =>
    withDeadline(life.during(work), { clock, limitMs: batchLimitMs, what: "files", at });
  return {
    write: async (list) => {
      for (const file of list) checkFile(file, at);
      if (list.length > 0) await guard(files.write(list));
    },
    remove: async (paths) => {
      for (const path of paths) checkPath(path, at);
      if (paths.length > 0) await guard(files.remove(paths));
    },
    read: async (paths) => {
      for (const path of paths) checkPath(path, at);
      return paths.length > 0 ? guard(files.read(paths)) : new Map();
    },
  };
}

function checkFile(file: MachineFile, at: string): void {
  checkPath(file.path, at);
  const bytes = Buffer.byteLength(file.text);
  if (bytes <= fileBytesMax) return;
  throw new FlotillaError(
    "file-failed",
    `${file.path}: ${bytes} bytes are too many, ${fileBytesMax} at most`,
    { at },
  );
}

/** Control characters would break the lines of the sudo writer, and nothing of systemd needs them. */
function checkPath(path: string, at: string): void {
  if (/^\/[^\0-\x1f]*[^\0-\x1f/]$/.test(path) && !path.split("/").includes("..")) return;
  throw new FlotillaError("path-invalid", `"${path}" is not an absolute path of a file`, { at });
}
