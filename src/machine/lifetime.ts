import type { FlotillaError } from "../error.ts";

/** Something that lives until its first reason to end. A connection and all that it carries share one, so they die together. */
export interface Lifetime {
  /** Resolves, and never rejects, with the reason. */
  readonly ended: Promise<FlotillaError>;
  /** Why it ended; undefined while it lives. */
  readonly reason: FlotillaError | undefined;
  /** Ends it; every later reason is ignored. */
  end(reason: FlotillaError): void;
  /** Runs `listener` at the end (at once when it is over already); the returned function takes it back. */
  onEnd(listener: (reason: FlotillaError) => void): () => void;
  /** `work`, or a rejection with the reason when the life ends first. */
  during<T>(work: Promise<T>): Promise<T>;
}

export function createLifetime(): Lifetime {
  const listeners = new Set<(reason: FlotillaError) => void>();
  let reason: FlotillaError | undefined;
  const onEnd = (listener: (reason: FlotillaError) => void) => {
    if (reason) listener(reason);
    else listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    ended: new Promise((resolve) => onEnd(resolve)),
    get reason() {
      return reason;
    },
    end(first) {
      if (reason) return;
      reason = first;
      for (const listener of listeners) listener(first);
      listeners.clear();
    },
    onEnd,
    during: (work) =>
      new Promise((resolve, reject) => {
        const forget = onEnd(reject);
        work.then(resolve, reject).finally(forget);
      }),
  };
}
