import type { Machine } from "../rig/rig.ts";
import type { Bench } from "./bench.ts";
import { takeOvers } from "./takeover.ts";

// The shell that says it may be gone before it can tell how it went.
const powerOff = (victim: Machine) => victim.exec("systemctl", "--no-block", "poweroff").catch(() => {});

/** `systemctl poweroff` on redis's machine. */
export const powerOffBench: Bench = {
  runs: 3,
  needsMachines: true,
  measure: async (bed) => {
    const takeovers = await takeOvers(bed, false, powerOff);
    const report = (what: string, values: readonly number[]) =>
      bed.report(`power-off: ${what}`, "ms", values);
    report(
      "redis answers elsewhere",
      takeovers.map(({ fromCommandMs }) => fromCommandMs),
    );
    report(
      "redis is silent",
      takeovers.map(({ silentMs }) => silentMs),
    );
  },
};
