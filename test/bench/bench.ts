import type { Cluster } from "../rig/cluster.ts";
import type { Report } from "./figure.ts";

/** One measurement, or several that are taken together. */
export interface Bench {
  /** How often, when nobody says. */
  readonly runs: number;
  /** It boots machines, which not every host can. */
  readonly needsMachines: boolean;
  measure(bed: Bed): Promise<void>;
}

/** What a measurement gets. */
export interface Bed {
  readonly runs: number;
  readonly report: Report;
  /** Tells the person at the terminal, not the figures. */
  readonly say: (line: string) => void;
  /** The cluster of three that all measurements share: it is made for the first that asks. */
  readonly cluster: () => Promise<Cluster>;
}
