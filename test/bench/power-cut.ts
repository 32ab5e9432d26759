import type { Bench } from "./bench.ts";
import { takeOvers } from "./takeover.ts";

const cut = (name: string, isLeaderLost: boolean): Bench => ({
  runs: 3,
  needsMachines: true,
  measure: async (bed) => {
    const takeovers = await takeOvers(bed, isLeaderLost, (victim) => victim.vanish());
    bed.report(
      `${name}: redis answers elsewhere`,
      "ms",
      takeovers.map(({ silentMs }) => silentMs),
    );
  },
});

/** The power of redis's machine is cut without a word to anybody; another machine leads. */
export const powerCut = cut("power-cut", false);
/** The same, and the machine also leads. */
export const powerCutLeader = cut("power-cut-leader", true);
