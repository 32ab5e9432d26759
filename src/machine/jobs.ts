import { z } from "zod";
import type { FlotillaError } from "../error.ts";
import { parseBody } from "./dbus/body.ts";
import type { Bus } from "./dbus/bus.ts";
import type { Lifetime } from "./lifetime.ts";

/** How systemd ended a job (org.freedesktop.systemd1(5), JobRemoved). */
export type JobResult = z.infer<typeof jobResultSchema>;

const jobResultSchema = z.enum([
  "done",
  "canceled",
  "timeout",
  "failed",
  "dependency",
  "skipped",
  "invalid",
  "assert",
  "unsupported",
  "collected",
  "once",
  "frozen",
]);
const removedSchema = z.tuple([z.number(), z.string(), z.string(), z.string()]);
const queuedSchema = z.tuple([z.string()]);

/** Puts a job into systemd's queue by a Manager call and waits until it has left it. */
export type RunJob = (member: "StartUnit" | "StopUnit" | "RestartUnit", unit: string) => Promise<JobResult>;

interface Waiting {
  resolve(result: JobResult): void;
  reject(error: FlotillaError): void;
}

/** How many jobs of others may end while one of ours is being queued. */
const earlyMax = 4_096;

export function createJobs(bus: Bus, life: Lifetime, manager: { path: string; interface: string }): RunJob {
  const waiting = new Map<string, Waiting[]>();
  // JobRemoved can be read together with the reply that names the job, before whoever asked has seen that name.
  const early = new Map<string, JobResult>();
  let queueing = 0;

  bus.onSignal((signal) => {
    if (signal.member !== "JobRemoved" || signal.path !== manager.path) return;
    const [, job, , word] = parseBody(removedSchema, signal.body(), signal.member);
    const known = jobResultSchema.safeParse(word);
    const result = known.success ? known.data : "failed";
    for (const one of waiting.get(job) ?? []) one.resolve(result);
    waiting.delete(job);
    if (queueing > 0 && early.size < earlyMax) early.set(job, result);
  });
  life.onEnd((reason) => {
    for (const one of [...waiting.values()].flat()) one.reject(reason);
  });

  return async (member, unit) => {
    queueing += 1;
    try {
      const reply = await bus.call({ ...manager, member, signature: "ss", body: [unit, "replace"] });
      const [job] = parseBody(queuedSchema, reply, member);
      const result = early.get(job);
      if (result) return result;
      // Not awaited here: the job is queued now. systemd merges two requests for one unit into one job.
      return new Promise((resolve, reject) => {
        if (life.reason) return reject(life.reason);
        waiting.set(job, [...(waiting.get(job) ?? []), { resolve, reject }]);
      });
    } finally {
      queueing -= 1;
      if (queueing === 0) early.clear();
    }
  };
}
