import { sleep } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import type { Run } from "./run.ts";

const pollMs = 250;

/** Asks until the answer is there; an error counts as "not yet". Rejects with "timed-out" and the last error as its cause. */
export async function waitFor<Answer>(
  run: Pick<Run, "clock" | "signal">,
  limit: { readonly ms: number; readonly message: string; readonly hint: string },
  ask: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const giveUpAtMs = run.clock.now() + limit.ms;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    run.signal.throwIfAborted();
    if (run.clock.now() >= giveUpAtMs)
      throw new FlotillaError("timed-out", limit.message, {
        hint: limit.hint,
        ...(cause === undefined ? {} : { cause }),
      });
    await sleep(run.clock, pollMs);
  }
}
