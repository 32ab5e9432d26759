import type { Bench } from "./bench.ts";
import { timed } from "./figure.ts";
import { destroy, writeUnit } from "./site.ts";

const NAME = "bench-one.service";
const TEXT = "[Service]\nExecStart=/bin/sleep infinity\n";

/** `flotillactl start` of a unit file that the cluster has not seen yet, until it is active and the client returns. */
export const start: Bench = {
  runs: 10,
  needsMachines: true,
  measure: async ({ runs, report, cluster: open }) => {
    const cluster = await open();
    const file = writeUnit(cluster, NAME, TEXT);
    const durations: number[] = [];
    for (let run = 0; run < runs; run++) {
      durations.push(await timed(() => cluster.expect("start", file)));
      await destroy(cluster, [NAME]);
    }
    report("start: one unit, until returned", "ms", durations);
  },
};
