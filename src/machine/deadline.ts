import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";

/** Within which time something must be done, and how it is called when it was not. */
export interface Deadline {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly what: string;
  readonly at: string;
}

/** `work`, or a rejection with "timeout" after `limitMs`. The work itself is not stopped: whoever waits ends the connection. */
export function withDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const { what, limitMs, at } = deadline;
    const late = () =>
      reject(new FlotillaError("timeout", `${what}: no answer within ${limitMs} ms`, { at }));
    const cancel = deadline.clock.after(limitMs, late);
    work.then(resolve, reject).finally(cancel);
  });
}
