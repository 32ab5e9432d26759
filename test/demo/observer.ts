import { once } from "node:events";
import { createClient } from "../../src/api/client.ts";
import type { Endpoint } from "../../src/api/endpoint.ts";
import { systemClock } from "../../src/clock.ts";
import { count } from "./counter.ts";
import { createWriterWatch } from "./writers.ts";

/** What the observer is told to watch: the first message that it gets. */
export interface Assignment {
  /** Members to ask where redis is, any of which may be down. */
  readonly endpoints: readonly Endpoint[];
  /** redis's data directory, as the host sees it. */
  readonly dataDirectory: string;
}

/** What it reports: each visit as it comes, and the sums when it is told to stop. */
export type Observation =
  | { readonly kind: "visit"; readonly value: number; readonly host: string; readonly atMs: number }
  | {
      readonly kind: "sums";
      readonly visits: number;
      readonly lost: number;
      readonly outageMs: number;
      readonly overlaps: number;
    };

const LOOK_EVERY_MS = 25;
const FIND_WAIT_S = 1;

/** Where redis runs now, by the first member that answers; waits for news if the last place turned out wrong. */
function finder(endpoints: readonly Endpoint[]) {
  const clients = endpoints.map((endpoint) => createClient({ endpoint, clock: systemClock }));
  let [turn, revision] = [0, 0];
  return async (isNews: boolean): Promise<string | undefined> => {
    const client = clients[turn % clients.length];
    if (!client) return undefined;
    try {
      const wait = isNews ? { after: revision, waitSeconds: FIND_WAIT_S } : {};
      const answer = await client.units({ names: ["app-redis.service"], ...wait });
      revision = answer.revision;
      return answer.units[0]?.observed.find(({ active }) => active === "active")?.machine.address;
    } catch (error) {
      turn++;
      throw error;
    }
  };
}

// A process of its own: what the demonstration does to machines must not delay what it measures.
const tell = (observation: Observation) => process.send?.(observation);
const [assignment] = (await once(process, "message")) as [Assignment];
const { endpoints, dataDirectory } = assignment;
const writers = createWriterWatch(dataDirectory);
const looking = setInterval(writers.look, LOOK_EVERY_MS);
const counting = count(finder(endpoints), (visit) => tell({ kind: "visit", ...visit }));
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
process.on("message", () => {
  clearInterval(looking);
  counting.stop();
  tell({
    kind: "sums",
    visits: counting.visits(),
    lost: counting.lost(),
    outageMs: counting.outageMs(),
    overlaps: writers.overlaps(),
  });
});
