import { mkdirSync, writeFileSync } from "node:fs";
import { sleep, systemClock } from "../../src/clock.ts";
import { bootstrapCluster, type Cluster } from "../rig/cluster.ts";
import { openRig } from "../rig/rig.ts";

const WAIT_MS_MAX = 60_000;
const LOOK_EVERY_MS = 100;

/** Three machines, each also a member. Taken down when this process ends, whatever ends it. */
export async function openSite(say: (line: string) => void): Promise<Cluster> {
  say("booting three machines");
  const rig = await openRig({ name: "bench", machines: 3, say });
  mkdirSync(`${rig.storage.directory}/data`, { recursive: true });
  const cluster = await bootstrapCluster(rig);
  await allReady(cluster);
  return cluster;
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limitAt = systemClock.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (systemClock.now() > limitAt) throw new Error(`gave up waiting until ${what}`);
    await sleep(systemClock, LOOK_EVERY_MS);
  }
}

/** Waits until the leader reaches every machine, and every member knows its leader. */
export async function allReady(cluster: Cluster): Promise<void> {
  await until("every machine is ready", async () => {
    const { machines } = await cluster.client().machines();
    return (
      machines.length === cluster.rig.machines.length && machines.every(({ status }) => status === "ready")
    );
  });
  for (const machine of cluster.rig.machines)
    await until(`${machine.name}'s member has a leader`, async () => {
      const answer = await cluster
        .client(machine)
        .version()
        .catch(() => undefined); // Its flotillad is starting.
      return answer?.leader !== undefined;
    });
}

/** Writes a unit file that can be given to flotillactl. */
export function writeUnit({ rig }: Cluster, name: string, text: string): string {
  const file = `${rig.directory}/${name}`;
  writeFileSync(file, text);
  return file;
}

/** Destroys units and waits until nothing of them is left. */
export async function destroy(cluster: Cluster, names: readonly string[]): Promise<void> {
  await cluster.expect("destroy", ...names);
  const gone = new Set(names);
  await until(`${names[0]} is gone`, async () => {
    const { units } = await cluster.client().units();
    return !units.some(({ name }) => gone.has(name));
  });
}
