import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { initPid } from "../rig/power.ts";
import type { Bench } from "./bench.ts";
import { timed } from "./figure.ts";
import { withHundred } from "./hundred.ts";

const run = promisify(execFile);

/** `flotillactl list-units` with a hundred units against `node -e 0`, one after the other. */
export const listUnits: Bench = {
  runs: 20,
  needsMachines: true,
  measure: async ({ runs, report, cluster: open }) => {
    const cluster = await open();
    const leader = await cluster.leader();
    // The leader's unix socket, as the client on that machine has it.
    const endpoint = `unix:///proc/${initPid(leader.directory)}/root/run/flotillad/api.sock`;
    const [bare, socket, tls, difference]: number[][] = [[], [], [], []];
    await withHundred(cluster, async () => {
      for (let n = 0; n < runs; n++) {
        const bareMs = await timed(() => run(process.execPath, ["-e", "0"]));
        const socketMs = await timed(() => cluster.expect("--endpoint", endpoint, "list-units"));
        bare?.push(bareMs);
        socket?.push(socketMs);
        difference?.push(socketMs - bareMs);
        tls?.push(await timed(() => cluster.expect("list-units")));
      }
    });
    report("list-units: bare node", "ms", bare ?? []);
    report("list-units: 100 units, unix socket", "ms", socket ?? []);
    report("list-units: more than bare node", "ms", difference ?? []);
    report("list-units: 100 units, TLS", "ms", tls ?? []);
  },
};
