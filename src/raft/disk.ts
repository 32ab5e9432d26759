import { fdatasync, fsync, mkdirSync, writeSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FlotillaError } from "../error.ts";

/** A file that only grows. After a failed `write` or `sync` nobody knows what it holds: stop, never retry. */
export interface AppendFile {
  write(data: Buffer): void;
  /** Resolves when everything written so far survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One directory of files. The simulator has another implementation that loses and tears what was not synced. */
export interface Disk {
  /** Where it is, for messages to people. */
  readonly path: string;
  read(name: string): Promise<Buffer | undefined>;
  /** Puts `content` in place of the file, durably: after a crash either the old or the new one is there, whole. */
  replace(name: string, content: Buffer): Promise<void>;
  /** Opens a file that exists. */
  append(name: string): Promise<AppendFile>;
}

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** The directory `path`, made if it is absent, readable by its owner only. */
export function openDisk(path: string): Disk {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    path,
    read: (name) =>
      readFile(join(path, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    replace: async (name, content) => {
      const temporary = join(path, `${name}.new`);
      try {
        await writeDurably(temporary, content);
        await rename(temporary, join(path, name));
        await syncDirectory(path);
      } catch (cause) {
        // On a full disk the half of it would take the space that somebody makes.
        await rm(temporary, { force: true });
        throw unwritable(join(path, name), cause);
      }
    },
    append: async (name) => appendFile(await open(join(path, name), "a", 0o600), join(path, name)),
  };
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await syncAll(file.fd);
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await syncAll(directory.fd);
  } finally {
    await directory.close();
  }
}

function appendFile(file: FileHandle, path: string): AppendFile {
  return {
    // Into the page cache only: cheaper than a trip through the thread pool.
    write: (data) => {
      try {
        for (let done = 0; done < data.length; ) done += writeSync(file.fd, data, done);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    sync: () =>
      syncData(file.fd).catch((cause: unknown) => {
        throw unwritable(path, cause);
      }),
    close: () => file.close(),
  };
}

function unwritable(path: string, cause: unknown): FlotillaError {
  const isFull = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
  return new FlotillaError("disk-failed", "cannot be written", {
    at: path,
    cause,
    ...(isFull ? { hint: "make space there: systemd starts flotillad again by itself" } : {}),
  });
}
