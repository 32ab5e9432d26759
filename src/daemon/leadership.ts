import type { Reaching } from "../api/reaching.ts";
import type { Leading } from "../api/routes.ts";
import { describeError } from "../error.ts";
import { type LeaderOptions, lead } from "../leader/leader.ts";
import { createOrders } from "../leader/orders.ts";

export interface Leadership {
  /** The leader's side while this member leads. */
  leading(): Leading | undefined;
  /** Calls `listener` at each change of who leads; the returned function ends that. */
  onChange(listener: () => void): () => void;
  end(): void;
}

/** Begins the leader's work when this member is elected and caught up, and ends it with the term. */
export function followLeadership(options: Omit<LeaderOptions, "epoch">, reaching: Reaching): Leadership {
  const { consensus, log } = options;
  let leading: Leading | undefined;
  let wanted: number | undefined;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const resign = (): void => {
    leading?.leader.end();
    leading = undefined;
  };
  const begin = async (epoch: number): Promise<void> => {
    // Confirmed means: an entry of this term is committed, and everything before it is applied here.
    const { term } = await consensus.confirmLeadership();
    if (wanted !== epoch || term !== epoch) return;
    const leader = lead({ ...options, epoch });
    leading = { leader, orders: createOrders(leader), consensus, reaching };
    tell();
  };
  consensus.onRole(({ role, term }) => {
    const epoch = role === "leader" ? term : undefined;
    if (epoch === wanted) return tell();
    wanted = epoch;
    resign();
    tell();
    if (epoch !== undefined)
      begin(epoch).catch((error) => log("info", `not leading after all: ${describeError(error)}`));
  });
  const onChange = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return { leading: () => leading, onChange, end: resign };
}
