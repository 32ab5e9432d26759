import { mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sleep, systemClock } from "../../src/clock.ts";
import { bootstrapCluster, type Cluster, openCluster, unitFile } from "../rig/cluster.ts";
import { installPackages } from "../rig/install.ts";
import { type Machine, openRig, type Rig, rigAvailable } from "../rig/rig.ts";
import type { Assignment } from "./observer.ts";
import { observe, type Sums, type Visit } from "./observing.ts";

// The story of seed 000 on real machines: redis loses its machine and keeps its data.

const { values: options } = parseArgs({
  options: {
    /** Cut the machine that redis runs on and that leads the members, too. */
    leader: { type: "boolean", default: false },
  },
});

const WAIT_MS_MAX = 60_000;
const say = (line = "") => console.log(line);
const headline = (line: string) =>
  say(`\n\x1b[1m== ${line}\x1b[0m`.replace(process.stdout.isTTY ? "" : /\x1b\[\d+m/g, ""));

/** Runs flotillactl and shows it as on a terminal. */
async function show(cluster: Cluster, ...args: string[]): Promise<void> {
  say(`$ flotillactl ${args.join(" ").replaceAll(unitFile(""), "units/")}`);
  const { code, stdout, stderr } = await cluster.ctl(args);
  process.stdout.write(stdout + stderr);
  if (code !== 0) throw new Error(`flotillactl ${args[0]} exited with ${code}`);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limitAt = systemClock.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (systemClock.now() > limitAt) throw new Error(`gave up waiting until ${what}`);
    await sleep(systemClock, 100);
  }
}

async function raiseMachines(): Promise<Rig> {
  headline("Three machines that run nothing but systemd and sshd");
  await installPackages(say);
  const rig = await openRig({ name: "demo", machines: 3, say });
  for (const { name, address } of rig.machines) say(`${name}  ${address}`);
  mkdirSync(`${rig.storage.directory}/data`, { recursive: true });
  return rig;
}

async function startUnits(cluster: Cluster): Promise<void> {
  headline("The units of the story");
  await show(
    cluster,
    "submit",
    unitFile("mnt-data.mount"),
    unitFile("app-redis.service"),
    unitFile("app-hellodb@.service"),
  );
  await show(cluster, "load", "mnt-data.mount");
  await show(cluster, "start", "app-redis.service");
  await show(cluster, "start", "app-hellodb@1.service", "app-hellodb@2.service", "app-hellodb@3.service");
  await show(cluster, "list-units");
}

/** What is watched, and by which members redis is found. */
function assignmentOf(rig: Rig): Assignment {
  const state = `${rig.directory}/operator/rig.flotilla`;
  const [ca = "", cert = "", key = ""] = ["ca.crt", "operator.crt", "operator.key"].map((name) =>
    readFileSync(`${state}/${name}`, "utf8"),
  );
  const tls = { ca, cert, key };
  const endpoints = rig.machines.map(
    ({ address }) => ({ kind: "https", host: address, port: 7401, tls }) as const,
  );
  return { find: { by: "asking", endpoints }, dataDirectory: `${rig.storage.directory}/data/app-redis-data` };
}

/** Prints a visit a second, and everything around a change of hosts. */
function narrate(rig: Rig): (visit: Visit) => void {
  let last: Visit | undefined;
  let printedAtMs = 0;
  const nameOf = (host: string) => rig.machines.find(({ address }) => address === host)?.name ?? host;
  return (visit) => {
    const gapMs = last ? visit.atMs - last.atMs : 0;
    if (last && gapMs > 500) {
      say(`Hello World! I have been seen ${last.value} times.   (redis on ${nameOf(last.host)})`);
      say(`... nobody answers for ${(gapMs / 1000).toFixed(2)} s ...`);
    }
    if (gapMs > 500 || visit.atMs - printedAtMs > 1_000) {
      say(`Hello World! I have been seen ${visit.value} times.   (redis on ${nameOf(visit.host)})`);
      printedAtMs = visit.atMs;
    }
    last = visit;
  };
}

/** The machine to lose: redis's own, with leadership on it or elsewhere as the options say. */
async function chooseVictim(cluster: Cluster): Promise<Machine> {
  const victim = await cluster.home("app-redis.service");
  const leader = await cluster.leader();
  const isRight = (leader.name === victim.name) === options.leader;
  if (!isRight) {
    const heir = options.leader ? victim : cluster.rig.machines.find(({ name }) => name !== victim.name);
    await cluster.expect("member", "transfer", heir?.name ?? "");
    await until("leadership has moved", async () => (await cluster.leader()).name === heir?.name);
  }
  return victim;
}

async function returnOf(victim: Machine, cluster: Cluster): Promise<void> {
  headline(`${victim.name} comes back: it rejoins, and starts nothing that it should not`);
  await victim.boot();
  await until(`${victim.name} is ready again`, async () => {
    const { machines } = await cluster.client().machines();
    return machines.every(({ status }) => status === "ready");
  });
  await until(`${victim.name}'s member has a leader`, async () => {
    const { code, stdout } = await cluster.ctl(["version", "--json"], victim);
    return code === 0 && stdout.includes("leader");
  });
  await show(cluster, "list-units");
  await show(cluster, "list-machines");
  const running = await victim.exec(
    "systemctl",
    "list-units",
    "--plain",
    "--no-legend",
    "--state=active",
    "app-*",
  );
  if (running.includes("app-redis")) throw new Error(`redis runs on ${victim.name} again`);
}

async function play(): Promise<Sums> {
  const rig = await raiseMachines();
  headline("A cluster of them, every machine also a member");
  await bootstrapCluster(rig, (command, { stdout, stderr }) => say(`$ ${command}\n${stderr}${stdout}`));
  const cluster = openCluster(rig);
  await startUnits(cluster);

  headline("Visits are counted in redis");
  const narrator = narrate(rig);
  let visits = 0;
  let host = "";
  const observer = observe(assignmentOf(rig), (visit) => {
    visits++;
    host = visit.host;
    narrator(visit);
  });
  await until("visits are counted", () => visits > 100);
  const victim = await chooseVictim(cluster);

  const leads = options.leader ? ", which also leads the members" : "";
  headline(`The power of ${victim.name}${leads}, is cut: redis's machine is gone without a word`);
  await victim.vanish();
  await until("redis answers elsewhere", () => host !== "" && host !== victim.address);
  await sleep(systemClock, 2_000);
  await show(cluster, "list-units");
  await returnOf(victim, cluster);
  const sums = await observer.stop();
  await rig.down();
  return sums;
}

const reason = rigAvailable();
if (reason !== undefined && process.getuid?.() !== 0) {
  console.error(`demo: ${reason}`);
  process.exit(1);
}
try {
  const { outageMs, lost, overlaps, visits } = await play();
  const isOk = outageMs > 0 && visits > 0 && lost === 0 && overlaps === 0;
  const figures = `outage_s=${(outageMs / 1000).toFixed(1)} counter_lost=${lost} two_writers=${overlaps}`;
  say(`\ndemo: ${isOk ? "ok" : "failed"} ${figures}`);
  process.exit(isOk ? 0 : 1);
} catch (error) {
  console.error(`\ndemo: failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
