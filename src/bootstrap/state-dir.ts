import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { FlotillaError } from "../error.ts";
import type { ClusterFile } from "./cluster-file.ts";

/** How far the cluster was founded. `begun`: perhaps, but no member has been started since. */
export type Founding = "none" | "begun" | "done";

/** What bootstrap remembers of a cluster, beside the operator's keys; whoever has it rules the cluster. */
export interface StateDirectory {
  readonly path: string;
  readonly cluster: string;
  founding(): Founding;
  setFounding(founding: Founding): void;
  /** The accepted host key of `address:port`. */
  hostKey(place: string): string | undefined;
  pinHostKey(place: string, hostKey: string): void;
  /** Whether a member's clock was bounded when it was last looked at. */
  isClockBounded(member: string): boolean;
  noteClock(member: string, isBounded: boolean): void;
  read(name: string): string | undefined;
  write(name: string, text: string): void;
  unlock(): void;
}

const schema = z.object({
  format: z.literal(1),
  name: z.string(),
  cluster: z.uuid(),
  founding: z.enum(["none", "begun", "done"]),
  hostKeys: z.record(z.string(), z.string()),
  boundedClocks: z.record(z.string(), z.boolean()),
});
const stateName = "state.json";
const lockName = "lock";

/** `NAME.flotilla` beside cluster.toml. */
export const defaultStateDirectory = (clusterFile: string, { name }: ClusterFile): string =>
  join(dirname(resolve(clusterFile)), `${name}.flotilla`);

/**
 * Opens the state directory for this process alone. A new one comes into being with the first thing to remember, and
 * never with `isDry`. Throws "state-invalid" and "state-locked".
 */
export function openStateDirectory(path: string, name: string, isDry: boolean): StateDirectory {
  const state = readState(path, name) ?? newState(name);
  const files = new Map<string, string>();
  let isLocked = false;
  const lock = () => {
    if (isDry || isLocked) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    takeLock(path);
    isLocked = true;
  };
  const write = (file: string, text: string) => {
    files.set(file, text);
    if (isDry) return;
    lock();
    const place = join(path, file);
    writeFileSync(`${place}.new`, text, { mode: 0o600 });
    renameSync(`${place}.new`, place);
  };
  const save = () => write(stateName, `${JSON.stringify(state, null, 2)}\n`);
  if (existsSync(path)) lock();
  return {
    path,
    cluster: state.cluster,
    founding: () => state.founding,
    setFounding: (founding) => {
      if (state.founding === founding) return;
      state.founding = founding;
      save();
    },
    hostKey: (place) => state.hostKeys[place],
    pinHostKey: (place, hostKey) => {
      if (state.hostKeys[place] === hostKey) return;
      state.hostKeys[place] = hostKey;
      save();
    },
    isClockBounded: (member) => state.boundedClocks[member] ?? false,
    noteClock: (member, isBounded) => {
      if (state.boundedClocks[member] === isBounded) return;
      state.boundedClocks[member] = isBounded;
      save();
    },
    read: (file) => files.get(file) ?? readIfThere(join(path, file)),
    write,
    unlock: () => {
      if (isLocked) rmSync(join(path, lockName), { force: true });
      isLocked = false;
    },
  };
}

const newState = (name: string): z.infer<typeof schema> => ({
  format: 1,
  name,
  cluster: randomUUID(),
  founding: "none",
  hostKeys: {},
  boundedClocks: {},
});

function readState(path: string, name: string): z.infer<typeof schema> | undefined {
  const at = join(path, stateName);
  const text = readIfThere(at);
  if (text === undefined) return undefined;
  try {
    const state = schema.parse(JSON.parse(text));
    if (state.name === name) return state;
  } catch (cause) {
    throw new FlotillaError("state-invalid", "the state of bootstrap cannot be read", { at, cause });
  }
  throw new FlotillaError("state-invalid", `${basename(path)} belongs to another cluster than ${name}`, {
    at,
    hint: "a cluster keeps its name; for another cluster give another --state-dir",
  });
}

/** Two of us at once could both find that no member exists yet. */
function takeLock(path: string): void {
  const at = join(path, lockName);
  const holder = Number(readIfThere(at) ?? 0);
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new FlotillaError("state-locked", `process ${holder} is bootstrapping this cluster`, {
      at,
      hint: "wait until it is done",
    });
  if (holder > 0) rmSync(at, { force: true });
  try {
    writeFileSync(at, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new FlotillaError("state-locked", "the state directory cannot be locked", { at, cause });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new FlotillaError("state-invalid", "cannot be read", { at: path, cause: error });
  }
}
