import { type Clock, sleep } from "../clock.ts";

/** Delays between tries, in milliseconds: doubled each time, up to the second one. */
const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 30_000;
/** A failure this long after the last one counts as a first one again, in milliseconds. */
const FORGIVE_MS = 120_000;

/** Runs one piece of work per unit: one at a time for each, again if it was asked for meanwhile, later if it failed. */
export interface Settling {
  settle(unit: string): void;
  /** Why the last try for a unit failed. */
  problem(unit: string): string | undefined;
  /** Counts as a failed try; `prepare` is called before the next one. */
  fail(unit: string, problem: string, prepare: () => void): void;
  end(): void;
}

export function createSettling(
  clock: Clock,
  work: (unit: string) => Promise<void>,
  onProblem: (unit: string, error: unknown) => string,
): Settling {
  const running = new Map<string, { again: boolean }>();
  const problems = new Map<string, string>();
  const failures = new Map<string, { readonly count: number; readonly atMs: number }>();
  const waiting = new Set<string>();
  let isOver = false;

  const retryLater = (unit: string, problem: string, prepare: () => void): void => {
    const last = failures.get(unit);
    const count = last && clock.now() - last.atMs < FORGIVE_MS ? last.count + 1 : 1;
    failures.set(unit, { count, atMs: clock.now() });
    problems.set(unit, problem);
    if (waiting.has(unit)) return;
    waiting.add(unit);
    void sleep(clock, Math.min(RETRY_MS_FIRST * 2 ** (count - 1), RETRY_MS_MAX)).then(() => {
      waiting.delete(unit);
      if (isOver) return;
      prepare();
      settle(unit);
    });
  };
  const run = async (unit: string, state: { again: boolean }): Promise<void> => {
    try {
      do {
        state.again = false;
        await work(unit);
      } while (state.again && !isOver);
      if (!waiting.has(unit)) problems.delete(unit);
    } catch (error) {
      if (!isOver) retryLater(unit, onProblem(unit, error), () => {});
    } finally {
      running.delete(unit);
    }
  };
  const settle = (unit: string): void => {
    if (isOver) return;
    const state = running.get(unit);
    if (state) state.again = true;
    else {
      const fresh = { again: false };
      running.set(unit, fresh);
      void run(unit, fresh);
    }
  };
  return {
    settle,
    problem: (unit) => problems.get(unit),
    fail: retryLater,
    end: () => {
      isOver = true;
    },
  };
}
