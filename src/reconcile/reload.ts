import type { Clock } from "../clock.ts";

/** How long a reload waits for writers that are still busy, in milliseconds. */
const GATHER_MS_MAX = 100;

/**
 * One daemon-reload for many units: it costs systemd some 60 ms, whatever changed. A caller's reload always begins
 * after the call, and not before the writes that are under way have ended (or the wait for them is over).
 */
export function createReloads(
  clock: Clock,
  reload: () => Promise<void>,
): {
  /** Runs `write`; if it returns true, waits for a reload that began after it. */
  around(write: () => Promise<boolean>): Promise<void>;
} {
  let writing = 0;
  let next: { readonly promise: Promise<void>; readonly begin: () => void } | undefined;
  let current: Promise<void> = Promise.resolve();

  const arrange = () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const cancel = clock.after(GATHER_MS_MAX, begin);
    const promise = begun
      .then(() => current.catch(() => {}))
      .then(() => {
        cancel();
        next = undefined;
        current = reload();
        return current;
      });
    return { promise, begin };
  };
  return {
    around: async (write) => {
      writing++;
      let isDue = false;
      try {
        isDue = await write();
      } finally {
        writing--;
        if (isDue) next ??= arrange();
        if (writing === 0) next?.begin();
      }
      if (isDue) await next?.promise;
    },
  };
}
