import type { VirtualClock } from "../clock.ts";
import type { SimulatedNetwork } from "../network.ts";
import type { Judge } from "./judge.ts";
import type { Reach } from "./reach.ts";

/** Everything that one seed decides. */
export interface World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  /** Between members. */
  readonly network: SimulatedNetwork;
  /** Between members and machines. */
  readonly net: Reach;
  readonly judge: Judge;
  /** A bug that is planted in the simulated machine. */
  readonly mutant: string | undefined;
  /** Whether all faults are over. */
  isCalm(): boolean;
  calm(): void;
  /** What may go wrong just after a leader has asked for a confirmation, or has proposed something. */
  readonly hooks: { busy(member: string): void };
  readonly trace: (text: string) => void;
}
