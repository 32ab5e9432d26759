import { once } from "node:events";
import { connect } from "node:net";
import { count } from "../demo/counter.ts";
import type { Observation } from "../demo/observer.ts";
import { createWriterWatch } from "../demo/writers.ts";

/** What the observer is told to watch: the first message that it gets. */
export interface Assignment {
  /** Machines that redis may run on. */
  readonly addresses: readonly string[];
  /** redis's data directory, as the host sees it. */
  readonly dataDirectory: string;
}

const LOOK_EVERY_MS = 25;
/** How long a machine may take to accept a connection; on the rig's bridge it takes less than one. */
const ACCEPT_MS_MAX = 30;

/** Resolves with `host` if somebody listens on redis's port there. */
function knock(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 6379 });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(ACCEPT_MS_MAX, () => end(() => reject(new Error("silent"))));
    socket.on("connect", () => end(() => resolve(host)));
    socket.on("error", reject);
  });
}

// The demonstration asks the cluster where redis is. Here that would be measured too, and be work for the leader.
const tell = (observation: Observation) => process.send?.(observation);
const [{ addresses, dataDirectory }] = (await once(process, "message")) as [Assignment];
const writers = createWriterWatch(dataDirectory);
const looking = setInterval(writers.look, LOOK_EVERY_MS);
const find = () => Promise.any(addresses.map(knock));
const counting = count(find, (visit) => tell({ kind: "visit", ...visit }));
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
