import { readdirSync, readFileSync, statSync } from "node:fs";

/** A process that has the data directory as its working directory: redis changes into its own. */
interface Writer {
  readonly pid: number;
  /** When it started, in clock ticks of the kernel that all machines of a rig share. */
  readonly startedTicks: number;
}

const TICK_MS = 10;

/**
 * Looks through the host's kernel, which all machines of a rig share and no partition hides, for processes that work
 * in `directory`. Two of them at one moment are two writers.
 */
export function createWriterWatch(directory: string): { look(): void; overlaps(): number } {
  const lastSeenTicks = new Map<string, number>();
  const overlaps = new Set<string>();

  const look = (): void => {
    const target = identity(directory);
    if (target === undefined) return;
    const now = Math.floor(uptimeMs() / TICK_MS);
    const writers = processes().filter(({ pid }) => identity(`/proc/${pid}/cwd`) === target);
    for (const { pid, startedTicks } of writers) {
      const name = `${pid}:${startedTicks}`;
      // It began before the last sight of another one: both were there at once, even if no look saw them together.
      for (const [other, seen] of lastSeenTicks)
        if (other !== name && seen > startedTicks) overlaps.add([other, name].sort().join(" "));
      lastSeenTicks.set(name, now);
    }
  };
  return { look, overlaps: () => overlaps.size };
}

function processes(): Writer[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (!stat.includes("(redis-server)")) return [];
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? [] : [{ pid: Number(name), startedTicks: Number(fields[19]) }];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

const uptimeMs = (): number => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
