import { sleep, systemClock } from "../../src/clock.ts";
import { defaultLease, renewalIntervalMs } from "../../src/lease/bound.ts";
import { observe, type Visit } from "../demo/observing.ts";
import { type Cluster, unitFile } from "../rig/cluster.ts";
import type { Machine } from "../rig/rig.ts";
import type { Bed } from "./bench.ts";
import { allReady, destroy, until } from "./site.ts";

/** One takeover, in milliseconds. */
export interface Takeover {
  /** From the last visit that the old redis acknowledged to the first that the new one did. */
  readonly silentMs: number;
  /** From the call of `lose` to that first visit. */
  readonly fromCommandMs: number;
}

const REDIS = "app-redis.service";
const VISITS_BEFORE = 50;

/** Loses redis's machine as often as the bed says, and boots it again each time. */
export async function takeOvers(
  { runs, say, cluster: open }: Bed,
  isLeaderLost: boolean,
  lose: (victim: Machine) => Promise<unknown>,
): Promise<Takeover[]> {
  const cluster = await open();
  await cluster.expect("load", unitFile("mnt-data.mount"));
  await cluster.expect("start", unitFile(REDIS));
  let visits: Visit[] = [];
  let onVisit = (_: Visit) => {};
  const { machines, storage } = cluster.rig;
  const watched = {
    find: { by: "knocking", addresses: machines.map(({ address }) => address) },
    dataDirectory: `${storage.directory}/data/app-redis-data`,
  } as const;
  const observer = observe(watched, (visit) => {
    visits.push(visit);
    onVisit(visit);
  });
  const takeovers: Takeover[] = [];
  for (let run = 1; run <= runs; run++) {
    const victim = await chooseVictim(cluster, isLeaderLost);
    visits = [];
    await until("visits are counted", () => visits.length > VISITS_BEFORE);
    // At any moment between two renewals, whatever the beat that all this waiting falls into.
    await sleep(systemClock, Math.random() * renewalIntervalMs(defaultLease));
    const elsewhere = new Promise<{ visit: Visit; atMs: number }>((resolve) => {
      onVisit = (visit) => visit.host !== victim.address && resolve({ visit, atMs: performance.now() });
    });
    const startMs = performance.now();
    await lose(victim);
    const { visit, atMs } = await elsewhere;
    const last = visits.findLast(({ host }) => host === victim.address);
    const takeover = { silentMs: visit.atMs - (last?.atMs ?? Number.NaN), fromCommandMs: atMs - startMs };
    takeovers.push(takeover);
    say(`${run}/${runs}: redis of ${victim.name} was silent for ${Math.round(takeover.silentMs)} ms`);
    await until(`${victim.name} is off`, () => !victim.isRunning());
    await victim.boot();
    await allReady(cluster);
  }
  const { lost, overlaps } = await observer.stop();
  if (lost > 0 || overlaps > 0)
    say(`WRONG: ${lost} acknowledged visits lost, ${overlaps} overlapping writers`);
  await destroy(cluster, [REDIS, "mnt-data.mount"]);
  return takeovers;
}

/** Redis's machine, after leadership was moved there or away from there. */
async function chooseVictim(cluster: Cluster, isLeading: boolean): Promise<Machine> {
  const victim = await cluster.home(REDIS);
  const isRight = async () => ((await cluster.leader()).name === victim.name) === isLeading;
  if (!(await isRight())) {
    const heir = isLeading ? victim : cluster.rig.machines.find(({ name }) => name !== victim.name);
    await cluster.expect("member", "transfer", heir?.name ?? "");
    await until("leadership has moved", isRight);
  }
  await allReady(cluster);
  return victim;
}
