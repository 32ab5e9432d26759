import { test } from "uvu";
import * as assert from "uvu/assert";
import { sleep, systemClock } from "../../src/clock.ts";
import { createWriterWatch } from "../demo/writers.ts";
import { unitFile } from "./cluster.ts";
import { waitUntil } from "./process.ts";
import type { Machine } from "./rig.ts";
import { openScene, startOf, stateOf } from "./scene.ts";

// What becomes of a cluster whose machines, network and members fail. The rig's host sees every process of every
// machine, partitioned or not: two writers of redis's data would show.

const scene = await openScene(import.meta.url);
const { rig, expect, refused, whereActive, write } = scene;
const writers = createWriterWatch(`${rig.storage.directory}/data/app-redis-data`);
const looking = setInterval(writers.look, 25);
test.after(() => clearInterval(looking));
// A test that failed must not fail those after it.
test.before.each(async () => {
  for (const machine of rig.machines) machine.heal();
  for (const machine of rig.machines) await machine.boot();
});
test.after.each(() => assert.is(writers.overlaps(), 0, "two processes wrote redis's data"));

/** The bound is 5.2 s; an election and a reconnection fit in as well. */
const TAKEOVER_MS_MAX = 15_000;
const redis = "app-redis.service";
const instances = [1, 2, 3].map((number) => `app-hellodb@${number}.service`);
const others = (machine: Machine) => rig.machines.filter(({ name }) => name !== machine.name);

/** Every start of every unit, wherever it runs. */
async function starts(units: readonly string[]): Promise<string[]> {
  return Promise.all(units.map(async (unit) => startOf(await scene.home(unit), unit)));
}

/** Leadership goes to a machine where redis is not, or where it is. */
async function leadFrom(machine: Machine): Promise<void> {
  const isLeader = async () => (await scene.leader()).name === machine.name;
  if (!(await isLeader())) await expect("member", "transfer", machine.name);
  await waitUntil(5_000, `${machine.name} leads`, isLeader);
  await scene.untilWhole();
}

async function untilElsewhere(unit: string, than: Machine): Promise<Machine> {
  const via = others(than)[0];
  await waitUntil(TAKEOVER_MS_MAX, `${unit} runs elsewhere`, async () => {
    const seen = await scene.unit(unit, via).catch(() => undefined);
    return seen?.machine?.address !== than.address && seen?.observed[0]?.active === "active";
  });
  return scene.home(unit, via);
}

async function pingRedis(machine: Machine, ...command: string[]): Promise<string> {
  return (await machine.exec("redis-cli", ...command)).trim();
}

test("the units of the story", async () => {
  await expect("load", unitFile("mnt-data.mount"));
  await expect("submit", unitFile("app-hellodb@.service"));
  await expect("start", unitFile(redis), ...instances);
  assert.is(await pingRedis(await scene.home(redis), "SET", "cargo", "tea"), "OK");
});

test("a partition shorter than the TTL moves nothing and restarts nothing", async () => {
  const home = await scene.home(redis);
  await leadFrom(others(home)[0] as Machine);
  const before = await starts([redis, ...instances]);
  home.partition();
  await sleep(systemClock, 1_000);
  home.heal();
  await sleep(systemClock, 4_000);
  await scene.untilWhole();
  assert.equal(await starts([redis, ...instances]), before);
});

test("a longer partition: fenced there, then taken over elsewhere; the machine returns clean", async () => {
  const home = await scene.home(redis);
  home.partition();
  const next = await untilElsewhere(redis, home);
  assert.is(await stateOf(home, redis), "inactive");
  assert.is(await pingRedis(next, "GET", "cargo"), "tea");

  home.heal();
  await scene.untilWhole();
  assert.equal(await whereActive(redis), [next.name]);
  // Global mounts are shared: this one was left mounted, and goes once the machine obeys again.
  await waitUntil(5_000, "it is mounted only there", async () => {
    const where = await whereActive("mnt-data.mount");
    return where.length === 1 && where[0] === next.name;
  });
  const files = await home.exec("ls", "/run/systemd/system");
  assert.not(files.includes(redis));
});

test("the power of the machine that leads and runs redis is cut", async () => {
  const home = await scene.home(redis);
  await leadFrom(home);
  assert.is(await pingRedis(home, "SET", "cargo", "silk"), "OK");
  await home.vanish();
  const next = await untilElsewhere(redis, home);
  assert.is(await pingRedis(next, "GET", "cargo"), "silk");

  await home.boot();
  await scene.untilWhole();
  assert.equal(await whereActive(redis), [next.name]);
});

test("a plain mount and its service move together", async () => {
  const lines = ["[Mount]", "What=/srv/nas/hold", "Where=/mnt/hold", "Type=none", "Options=bind"];
  await rig.machines[0]?.exec("mkdir", "/srv/nas/hold");
  const cargo = ["[Unit]", "RequiresMountsFor=/mnt/hold", "[Service]", "ExecStart=/bin/sleep infinity"];
  await expect("start", write("mnt-hold.mount", ...lines), write("cargo.service", ...cargo));
  const home = await scene.home("cargo.service");
  await leadFrom(others(home)[0] as Machine);

  await home.vanish();
  const next = await untilElsewhere("cargo.service", home);
  assert.is(await scene.home("mnt-hold.mount"), next);
  assert.equal(await whereActive("mnt-hold.mount"), [next.name]);
  await home.boot();
  await scene.untilWhole();
  assert.equal(await whereActive("mnt-hold.mount"), [next.name]);
});

test("all members are killed at once: nothing acknowledged is lost, nothing restarts", async () => {
  // With the default TTL exclusive units outlive it only while the machines are not busy.
  await expect("lease", "--ttl=10000");
  await sleep(systemClock, 3_000); // Until every machine has been renewed so.
  const before = await starts([redis, "cargo.service", ...instances]);
  const acknowledged: string[] = [];
  let isOver = false;
  const submitting = (async () => {
    for (let number = 1; !isOver; number++) {
      const name = `late-${number}.service`;
      const text = "[Service]\nExecStart=/bin/true\n";
      await scene.client().submit({ units: [{ name, text }] });
      acknowledged.push(name);
    }
  })().catch(() => {});
  await waitUntil(5_000, "changes are acknowledged", () => acknowledged.length > 10);
  await Promise.all(
    rig.machines.map((machine) => machine.exec("systemctl", "kill", "--signal=KILL", "flotillad")),
  );
  isOver = true;
  await submitting;

  await scene.untilWhole();
  const { units } = await scene.client().units();
  const known = new Set(units.map(({ name }) => name));
  assert.equal(
    acknowledged.filter((name) => !known.has(name)),
    [],
  );
  assert.equal(await starts([redis, "cargo.service", ...instances]), before);
  await expect("lease", "--ttl=3000");
});

test("without a quorum: an error within seconds, exclusive units end with their lease, all comes back by itself", async () => {
  const before = await starts(instances);
  const home = await scene.home(redis);
  const stopped = others(home);
  await Promise.all(stopped.map((machine) => machine.exec("systemctl", "stop", "flotillad")));
  const { code, stderr } = await scene.ctl(["list-units"], home);
  assert.is(code, 5);
  assert.match(stderr, "Error: the members have no leader now");
  await waitUntil(10_000, "redis has ended", async () => (await whereActive(redis)).length === 0);
  for (const unit of instances) assert.is((await whereActive(unit)).length, 1);

  await Promise.all(stopped.map((machine) => machine.exec("systemctl", "start", "flotillad")));
  await scene.untilWhole();
  await waitUntil(TAKEOVER_MS_MAX, "redis runs again", async () => (await whereActive(redis)).length === 1);
  assert.is(await pingRedis(await scene.home(redis), "GET", "cargo"), "silk");
  assert.equal(await starts(instances), before);
});

test("a client that was killed: what it asked for goes on, and it can be asked again", async () => {
  const file = write(
    "slow.service",
    "[Service]",
    "ExecStartPre=/bin/sleep 1",
    "ExecStart=/bin/sleep infinity",
  );
  const { code } = await refused("start", "--timeout=0.2", file);
  assert.is(code, 6);
  await expect("start", file);
  assert.is((await whereActive("slow.service")).length, 1);
});

test.run();
