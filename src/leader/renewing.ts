import type { Keeper } from "./keeper.ts";
import type { Office } from "./office.ts";

/**
 * Renews every lease several times per TTL. One confirmation of leadership serves all machines: each anchor is read
 * before it begins, and nothing is sent unless it succeeds (lease.md, rule 2).
 */
export function createRenewing(
  office: Office,
  keepers: () => Iterable<Keeper>,
): { now(): void; end(): void } {
  const { clock, view, confirm } = office;
  let cancel = () => {};
  let isOver = false;

  const beat = async (): Promise<void> => {
    const anchorMs = clock.now();
    const sends = [...keepers()].flatMap((keeper) => keeper.lease.prepare(anchorMs) ?? []);
    if (sends.length === 0) return;
    try {
      await confirm();
    } catch {
      return; // No quorum, no renewal; Raft ends this leader by itself if it stays so.
    }
    if (isOver) return;
    for (const send of sends) send();
  };
  const next = (): void => {
    const { ttlMs, renewalsPerTtl } = view.state.lease;
    cancel = clock.after(ttlMs / renewalsPerTtl, () => {
      next();
      void beat();
    });
  };
  next();
  return {
    now: () => void beat(),
    end: () => {
      isOver = true;
      cancel();
    },
  };
}
