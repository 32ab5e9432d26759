import { posix } from "node:path";
import type { SFTPWrapper } from "ssh2";
import { FlotillaError } from "../error.ts";
import { type Files, fileBytesMax, fileModeDefault, type MachineFile } from "./files.ts";

/** How many files are under way at once: sftp-server has a limit on open handles, and our buffers one on memory. */
const concurrencyMax = 64;
const directoryMode = 0o755;
const codeEndOfFile = 1;
const codeNoSuchFile = 2;

type Done = (error?: Error | null) => void;

/** Files over SFTP: three round trips for any number of files up to `concurrencyMax`. */
export function sftpFiles(sftp: SFTPWrapper, at: string): Files {
  const failed = (path: string) => (cause: unknown) => {
    throw new FlotillaError("file-failed", `${path}: ${explain(cause)}`, { at, cause });
  };
  return {
    write: (files) => forEach(files, (file) => writeFile(sftp, file).catch(failed(file.path))),
    remove: (paths) => forEach(paths, (path) => removeFile(sftp, path).catch(failed(path))),
    read: async (paths) => {
      const texts = new Map<string, string>();
      await forEach(paths, async (path) => {
        const text = await readFile(sftp, path).catch(failed(path));
        if (text !== undefined) texts.set(path, text);
      });
      return texts;
    },
  };
}

async function writeFile(
  sftp: SFTPWrapper,
  { path, text, mode = fileModeDefault }: MachineFile,
): Promise<void> {
  const temporary = posix.join(posix.dirname(path), `.${posix.basename(path)}.new`);
  const handle = await openMakingDirectories(sftp, temporary, mode);
  const bytes = Buffer.from(text, "utf8");
  try {
    // sftp-server works in order, so these need not wait for one another.
    await Promise.all([
      step((done) => sftp.write(handle, bytes, 0, bytes.length, 0, done)),
      step((done) => sftp.fchmod(handle, mode, done)), // the mode of open() passed through the umask
      step((done) => sftp.ext_openssh_fsync(handle, done)),
      step((done) => sftp.close(handle, done)),
    ]);
    // SFTP's own rename refuses to replace a file.
    await step((done) => sftp.ext_openssh_rename(temporary, path, done));
  } catch (error) {
    await step((done) => sftp.unlink(temporary, done)).catch(() => {});
    throw error;
  }
}

async function openMakingDirectories(sftp: SFTPWrapper, path: string, mode: number): Promise<Buffer> {
  try {
    return await open(sftp, path, "w", mode);
  } catch (error) {
    if (codeOf(error) !== codeNoSuchFile) throw error;
    await makeDirectories(sftp, posix.dirname(path));
    return await open(sftp, path, "w", mode);
  }
}

/** mkdir -p: SFTP does not tell an existing directory from other failures, so the open that follows shows those. */
async function makeDirectories(sftp: SFTPWrapper, path: string): Promise<void> {
  const parts = path.split("/").filter(Boolean);
  const paths = parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  await Promise.all(
    paths.map((each) => step((done) => sftp.mkdir(each, { mode: directoryMode }, done)).catch(() => {})),
  );
}

async function removeFile(sftp: SFTPWrapper, path: string): Promise<void> {
  await step((done) => sftp.unlink(path, done)).catch((error) => {
    if (codeOf(error) !== codeNoSuchFile) throw error;
  });
  const directory = posix.dirname(path);
  if (directory.endsWith(".d")) await step((done) => sftp.rmdir(directory, done)).catch(() => {});
}

async function readFile(sftp: SFTPWrapper, path: string): Promise<string | undefined> {
  const handle = await open(sftp, path, "r").catch((error) => {
    if (codeOf(error) === codeNoSuchFile) return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const bytes = Buffer.alloc(fileBytesMax + 1);
    let length = 0;
    for (let count = 1; count > 0 && length < bytes.length; length += count)
      count = await read(sftp, handle, bytes, length);
    if (length > fileBytesMax) throw new Error(`more than ${fileBytesMax} bytes`);
    return bytes.toString("utf8", 0, length);
  } finally {
    await step((done) => sftp.close(handle, done)).catch(() => {});
  }
}

function open(sftp: SFTPWrapper, path: string, flags: "r" | "w", mode?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, handle: Buffer) => (error ? reject(error) : resolve(handle));
    if (mode === undefined) sftp.open(path, flags, opened);
    else sftp.open(path, flags, mode, opened);
  });
}

function read(sftp: SFTPWrapper, handle: Buffer, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    sftp.read(handle, bytes, at, bytes.length - at, at, (error, count) => {
      if (!error) resolve(count);
      else if (codeOf(error) === codeEndOfFile) resolve(0);
      else reject(error);
    });
  });
}

function step(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function explain(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Works on `items`, so many at once, and settles when no work is under way any more; after a failure none is begun. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const item of rest) {
      if (failures.length > 0) return;
      await work(item).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrencyMax, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
