import { once } from "node:events";
import type { Endpoint } from "../../src/api/endpoint.ts";
import { count } from "./counter.ts";
import { askMembers, knockEverywhere } from "./find-redis.ts";
import { createWriterWatch } from "./writers.ts";

/** What the observer is told to watch: the first message that it gets. */
export interface Assignment {
  /** How it finds redis: by asking these members, or by knocking at these machines. */
  readonly find:
    | { readonly by: "asking"; readonly endpoints: readonly Endpoint[] }
    | { readonly by: "knocking"; readonly addresses: readonly string[] };
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

// A process of its own: what is done to machines must not delay what it measures.
const tell = (observation: Observation) => process.send?.(observation);
const [{ find, dataDirectory }] = (await once(process, "message")) as [Assignment];
const writers = createWriterWatch(dataDirectory);
const looking = setInterval(writers.look, LOOK_EVERY_MS);
const finder = find.by === "asking" ? askMembers(find.endpoints) : knockEverywhere(find.addresses);
const counting = count(finder, (visit) => tell({ kind: "visit", ...visit }));
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
