import type { AppendFile, Disk } from "../../src/raft/disk.ts";
import type { Life } from "./clock.ts";

interface File {
  durable: Buffer;
  pending: Buffer[];
}

/** A disk that outlives its processes, and loses or tears at a crash what was not synced. */
export interface SimulatedDisk {
  /** The disk as one process sees it. */
  mount(life: Life): Disk;
  crash(): void;
  /** Makes every later write take as long. */
  slow(ms: number): void;
}

export interface DiskFaults {
  /** A planted bug: sync says yes and does nothing. */
  readonly isLying: boolean;
}

export function createSimulatedDisk(random: () => number, { isLying }: DiskFaults): SimulatedDisk {
  const files = new Map<string, File>();
  let extraMs = 0;
  const latencyMs = () => extraMs + 0.1 + random() * (random() < 0.05 ? 40 : 1);

  const append = (file: File, life: Life): AppendFile => ({
    write: (data) => {
      file.pending.push(Buffer.from(data));
    },
    sync: () =>
      new Promise((resolve) => {
        const reached = file.pending.length;
        life.clock.after(latencyMs(), () => {
          if (!isLying) file.durable = Buffer.concat([file.durable, ...file.pending.splice(0, reached)]);
          resolve();
        });
      }),
    close: async () => {},
  });
  return {
    mount: (life) => ({
      path: "disk",
      read: async (name) => {
        const file = files.get(name);
        return file && Buffer.concat([file.durable, ...file.pending]);
      },
      replace: (name, content) =>
        new Promise((resolve) => {
          life.clock.after(2 * latencyMs(), () => {
            files.set(name, { durable: Buffer.from(content), pending: [] });
            resolve();
          });
        }),
      append: async (name) => append(files.get(name)!, life),
    }),
    crash: () => {
      for (const file of files.values()) {
        const lost = Buffer.concat(file.pending);
        const kept = lost.subarray(0, Math.floor(random() * (lost.length + 1)));
        const zeros =
          random() < 0.3 ? Buffer.alloc(Math.floor(random() * (lost.length - kept.length))) : Buffer.alloc(0);
        file.durable = Buffer.concat([file.durable, kept, zeros]);
        file.pending = [];
      }
    },
    slow: (ms) => {
      extraMs = ms;
    },
  };
}
