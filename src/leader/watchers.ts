/** Revisions of one term lie below those of the next. */
const REVISIONS_PER_TERM = 2 ** 32;

/** Who waits for something to change. Revisions grow, and are never compared across terms. */
export interface Watchers {
  /** Of the newest change. */
  revision(): number;
  /** Notes that these units look different now. */
  touch(units: Iterable<string>): void;
  touchMachines(machines: Iterable<string>): void;
  /**
   * Resolves once one of these units (any unit, if there are none) has changed after `revision`; at once if one has
   * already, or if the revision is another leader's.
   */
  changed(units: readonly string[], revision: number, signal: AbortSignal): Promise<void>;
  end(): void;
}

interface Waiter {
  readonly units: ReadonlySet<string>;
  wake(): void;
}

export function createWatchers(term: number): Watchers {
  const changedAt = new Map<string, number>();
  const waiters = new Set<Waiter>();
  let count = 0;

  const touch = (units: Iterable<string>): void => {
    const touched = [...units];
    if (touched.length === 0) return;
    count++;
    for (const unit of touched) changedAt.set(unit, count);
    for (const waiter of waiters)
      if (waiter.units.size === 0 || touched.some((unit) => waiter.units.has(unit))) waiter.wake();
  };
  const isChangedSince = (units: readonly string[], since: number): boolean =>
    units.length === 0 ? count > since : units.some((unit) => (changedAt.get(unit) ?? 0) > since);

  return {
    revision: () => term * REVISIONS_PER_TERM + count,
    touch,
    touchMachines: (machines) => touch([...machines].map((id) => `machine ${id}`)),
    changed: (units, revision, signal) => {
      const isForeign = Math.floor(revision / REVISIONS_PER_TERM) !== term;
      if (isForeign || isChangedSince(units, revision % REVISIONS_PER_TERM) || signal.aborted)
        return Promise.resolve();
      return new Promise((resolve) => {
        const waiter: Waiter = {
          units: new Set(units),
          wake: () => {
            waiters.delete(waiter);
            signal.removeEventListener("abort", waiter.wake);
            resolve();
          },
        };
        waiters.add(waiter);
        signal.addEventListener("abort", waiter.wake);
      });
    },
    end: () => {
      for (const waiter of waiters) waiter.wake();
    },
  };
}
