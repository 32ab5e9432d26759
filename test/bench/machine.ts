import { readFileSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { connectMachine } from "../../src/machine/link.ts";
import { openRig, type Rig } from "../rig/rig.ts";
import type { Bed, Bench } from "./bench.ts";
import { timed } from "./figure.ts";

/** One machine over SSH: how long connecting, a renewal and a start take. It is of no cluster, so it has a rig of its own. */
export const machine: Bench = {
  runs: 5,
  needsMachines: true,
  measure: async (bed) => {
    const rig = await openRig({ name: "bench-machine", machines: 1, say: bed.say });
    try {
      await measureOn(rig, bed);
    } finally {
      await rig.down();
    }
  },
};

async function measureOn(rig: Rig, { runs, report }: Bed): Promise<void> {
  const [{ address, hostKey } = { address: "", hostKey: "" }] = rig.machines;
  const identity = { kind: "key", privateKey: readFileSync(rig.keyFile, "utf8") } as const;
  let seq = 0;
  const connect = (user: string) =>
    connectMachine({
      ...{ target: { address, port: 22, user, hostKey }, identity, cluster: "bench", epoch: 1, seq: ++seq },
      ...{ clock: systemClock, log: silentLog },
    });
  /** `between` is not counted. */
  const measure = async (
    what: string,
    n: number,
    work: () => Promise<unknown>,
    between: () => unknown = () => {},
  ): Promise<void> => {
    const durations: number[] = [];
    for (let run = 0; run < n; run++) {
      durations.push(await timed(work));
      await between();
    }
    report(`machine: ${what}`, "ms", durations);
  };

  for (const user of ["root", "ops"]) {
    let link: Awaited<ReturnType<typeof connect>> | undefined;
    await measure(
      `connect as ${user}`,
      runs,
      async () => (link = await connect(user)),
      () => link?.close(),
    );
  }
  const link = await connect("root");
  await measure("renew", runs * 20, () => link.renew(link.reading.machineCs + 300));
  const names = Array.from({ length: 100 }, (_, index) => `bench-${index}.service`);
  const text = "[Service]\nExecStart=/bin/sleep infinity\n";
  const files = names.map((name) => ({ path: `/run/systemd/system/${name}`, text }));
  await measure("write 100 files", runs, () => link.writeFiles(files));
  await measure("reload", runs, () => link.reload());
  const stopAll = () => Promise.all(names.map(link.stop));
  await measure("start", runs, () => link.start(names[0] ?? ""), stopAll);
  await measure("start 100", runs, () => Promise.all(names.map(link.start)), stopAll);
  await Promise.all(names.map(link.start));
  await measure("states of 100", runs, () => link.states(names));
  await stopAll();
  link.close();
}
