import type { Machine } from "../rig/rig.ts";
import type { Bench } from "./bench.ts";
import { withHundred } from "./hundred.ts";

/** Resident memory of flotillad, now (`VmRSS`) or at its most (`VmHWM`), in MB. */
async function memory(machine: Machine, field: "VmRSS" | "VmHWM"): Promise<number> {
  const pid = (await machine.exec("systemctl", "show", "--property=MainPID", "--value", "flotillad")).trim();
  const status = await machine.exec("cat", `/proc/${pid}/status`);
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

/** Resident memory of every flotillad, after whatever was measured before, while the cluster runs a hundred units. */
export const memoryBench: Bench = {
  runs: 1,
  needsMachines: true,
  measure: async ({ runs, report, cluster: open }) => {
    const cluster = await open();
    const leader = await cluster.leader();
    const followers = cluster.rig.machines.filter(({ name }) => name !== leader.name);
    const measureAll = async (name: string, machines: readonly Machine[]) => {
      const nTimes = Array.from({ length: runs }, () => machines).flat();
      const of = (field: "VmRSS" | "VmHWM") => Promise.all(nTimes.map((machine) => memory(machine, field)));
      report(`memory: ${name}`, "MB", await of("VmRSS"));
      report(`memory: ${name} at most`, "MB", await of("VmHWM"));
    };
    await withHundred(cluster, async () => {
      await measureAll("leader", [leader]);
      await measureAll("followers", followers);
    });
  },
};
