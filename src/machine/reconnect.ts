const firstDelayMs = 50;
const delayMaxMs = 3_000;

/**
 * How long to wait before connecting again after `failures` attempts in a row that failed (0: a connection that had worked
 * was lost), with `random` in [0, 1). Doubles up to 3 s, and half of it is left to chance, so that machines do not march in step.
 */
export function reconnectDelayMs(failures: number, random: number = Math.random()): number {
  const full = Math.min(delayMaxMs, firstDelayMs * 2 ** Math.min(failures, 30));
  return full * (0.5 + random / 2);
}
