import type { Reaching } from "../api/reaching.ts";
import type { Leading } from "../api/routes.ts";
import { describeError } from "../error.ts";
import { type LeaderOptions, lead } from "../leader/leader.ts";
import { createOrders } from "../leader/orders.ts";

export interface Leadership {
  /** The leader's side while this member leads. */
  leading(): Leading | undefined;
  /** Resolves at the next change of who leads. */
  changed(): Promise<void>;
  end(): void;
}

/** Begins the leader's work when this member is elected and caught up, and ends it with the term. */
export function followLeadership(options: Omit<LeaderOptions, "epoch">, reaching: Reaching): Leadership {
  const { consensus, log } = options;
  let leading: Leading | undefined;
  let wanted: number | undefined;
  let wake = () => {};
  let change = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const tell = (): void => {
    wake();
    change = new Promise((resolve) => {
      wake = resolve;
    });
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
  return { leading: () => leading, changed: () => change, end: resign };
}
