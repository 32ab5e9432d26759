import { readFileSync, writeFileSync } from "node:fs";

/** Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot; undefined when it is gone or a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold blanks and parentheses itself: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Writes `pid start` into `file`, so that a reused pid is never taken for this process. */
export function writePidFile(file: string, pid: number): void {
  writeFileSync(file, `${pid} ${startTime(pid) ?? "gone"}\n`);
}

/** The process that `file` names, if that very process still lives. */
export function readPidFile(file: string): number | undefined {
  try {
    const [pid = "", start] = readFileSync(file, "utf8").trim().split(" ");
    return startTime(Number(pid)) === start ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(pid: number | undefined, name: NodeJS.Signals | number): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Blocks this process: cleaning up has to work in an exit handler, where nothing asynchronous runs. */
export function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Polls `done` every 10 ms until it holds, blocking; false when `limitMs` passed first. */
export function waitSync(limitMs: number, done: () => boolean): boolean {
  for (let waited = 0; !done(); waited += 10) {
    if (waited >= limitMs) return false;
    sleepSync(10);
  }
  return true;
}

/** Polls `done` every 20 ms until it holds; throws `what` when `limitMs` passed first. */
export async function waitUntil(limitMs: number, what: string, done: () => boolean | Promise<boolean>) {
  const end = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
