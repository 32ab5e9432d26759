import { setTimeout as sleepFor } from "node:timers/promises";

/** Time as an argument: the daemon gives the real one, the simulator its own. */
export interface Clock {
  /** Milliseconds on a monotonic clock of this process. */
  now(): number;
  /** Milliseconds since the epoch, for people only; never for a decision. */
  wall(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  if (clock === systemClock) return sleepFor(delayMs);
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
