import { sleep, systemClock } from "../../src/clock.ts";
import type { Bench } from "./bench.ts";
import { timed } from "./figure.ts";
import { activeCount, destroyHundred, destroyTemplate, hundredNames, submitTemplate } from "./hundred.ts";

/** Between two looks, so that looking takes little from what is looked at. */
const LOOK_EVERY_MS = 50;

/** A hundred instances of a template in one `flotillactl start`. */
export const start100: Bench = {
  runs: 3,
  needsMachines: true,
  measure: async ({ runs, report, cluster: open }) => {
    const cluster = await open();
    await submitTemplate(cluster);
    const active: number[] = [];
    const returned: number[] = [];
    for (let run = 0; run < runs; run++) {
      const startMs = performance.now();
      const command = timed(() => cluster.expect("start", ...hundredNames));
      while ((await activeCount(cluster)) < hundredNames.length) await sleep(systemClock, LOOK_EVERY_MS);
      active.push(performance.now() - startMs);
      returned.push(await command);
      await destroyHundred(cluster);
    }
    await destroyTemplate(cluster);
    report("start-100: all active", "ms", active);
    report("start-100: until returned", "ms", returned);
  },
};
