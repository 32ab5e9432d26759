import { test } from "uvu";
import * as assert from "uvu/assert";
import { unitFile } from "./cluster.ts";
import { waitUntil } from "./process.ts";
import type { Machine } from "./rig.ts";
import { openScene, startOf, stateOf } from "./scene.ts";

// What a person does with a cluster when nothing breaks, all of it through flotillactl.

const scene = await openScene(import.meta.url);
const { rig, expect, refused, whereActive, write } = scene;
const sleeper = ["[Service]", "ExecStart=/bin/sleep infinity"];
const others = (machine: Machine) => rig.machines.filter(({ name }) => name !== machine.name);
const listed = async (...args: string[]) => JSON.parse(await expect(...args, "--json")) as Row[];
type Row = Readonly<Record<string, unknown>>;

test("the story: a global mount, redis on it, instances of a template", async () => {
  assert.match(await expect("load", unitFile("mnt-data.mount")), "Triggered global unit mnt-data.mount load");
  assert.equal(await whereActive("mnt-data.mount"), []);
  const started = await expect("start", unitFile("app-redis.service"));
  assert.match(started, /^Unit app-redis.service launched on [0-9a-f]{8}\.\.\.\/198\.18\.\d+\.\d+$/m);
  const home = await scene.home("app-redis.service");
  assert.equal(await whereActive("mnt-data.mount"), [home.name]);

  await expect("submit", unitFile("app-hellodb@.service"));
  const instances = [1, 2, 3].map((number) => `app-hellodb@${number}.service`);
  await expect("start", ...instances);
  const homes = await Promise.all(instances.map((unit) => scene.home(unit)));
  const log = await expect("journal", "--output=cat", "app-hellodb@2.service");
  assert.match(log, "hello from 2");
  assert.ok(new Set(homes).size > 1, "the instances are spread over machines");

  const units = await listed("list-units");
  const active = units.filter(({ active }) => active === "active").map(({ unit }) => unit);
  assert.equal(active, [...instances, "app-redis.service", "mnt-data.mount"]);
  assert.is((await listed("list-machines")).length, 3);
});

test("stop keeps it loaded and unmounts what nothing needs; start brings it back to the same machine", async () => {
  const home = await scene.home("app-redis.service");
  await expect("stop", "app-redis.service");
  assert.is(await stateOf(home, "app-redis.service"), "inactive");
  await waitUntil(
    5_000,
    "nothing is mounted",
    async () => (await whereActive("mnt-data.mount")).length === 0,
  );
  assert.is((await scene.unit("app-redis.service"))?.current, "loaded");

  await expect("start", "app-redis.service");
  assert.is(await scene.home("app-redis.service"), home);
  assert.equal(await whereActive("app-redis.service"), [home.name]);
});

test("started by hand on another machine it does not run, nor on its own one after a stop", async () => {
  const home = await scene.home("app-redis.service");
  const [wrong] = others(home) as [Machine];
  for (const file of ["app-redis.service", "app-redis.service.d/zz-flotilla.conf"]) {
    const text = await home.exec("cat", `/run/systemd/system/${file}`);
    await wrong.exec("mkdir", "-p", "/run/systemd/system/app-redis.service.d");
    await wrong.exec("bash", "-c", 'printf %s "$1" >"$2"', "write", text, `/run/systemd/system/${file}`);
  }
  await wrong.exec("systemctl", "daemon-reload");
  await wrong.exec("systemctl", "start", "app-redis.service").catch(() => {});
  assert.equal(await whereActive("app-redis.service"), [home.name]);

  await expect("stop", "app-redis.service");
  await home.exec("systemctl", "start", "app-redis.service").catch(() => {});
  assert.equal(await whereActive("app-redis.service"), []);
  await wrong.exec(
    "rm",
    "-r",
    "/run/systemd/system/app-redis.service.d",
    "/run/systemd/system/app-redis.service",
  );
  await wrong.exec("systemctl", "daemon-reload");
});

test("unload takes it from its machine, destroy from the cluster", async () => {
  const home = await scene.home("app-redis.service");
  await expect("unload", "app-redis.service");
  assert.is((await scene.unit("app-redis.service"))?.machine, null);
  assert.not((await home.exec("ls", "/run/systemd/system")).includes("app-redis.service"));
  assert.match(await expect("cat", "app-redis.service"), "appendfsync always");

  await expect("destroy", "app-redis.service");
  assert.is(await scene.unit("app-redis.service"), undefined);
  assert.match((await refused("start", "app-redis.service")).stderr, "unable to find unit app-redis.service");
});

test("MachineOf: a unit is placed with the one that it names", async () => {
  await expect("start", write("sail.service", ...sleeper));
  const files = [1, 2, 3].map((number) =>
    write(`rope@${number}.service`, ...sleeper, "[X-Fleet]", "MachineOf=sail.service"),
  );
  await expect("start", ...files);
  const homes = await Promise.all([1, 2, 3].map((number) => scene.home(`rope@${number}.service`)));
  assert.equal(new Set(homes), new Set([await scene.home("sail.service")]));
});

test("a unit that no machine takes: at once, with machine and constraint", async () => {
  const file = write("picky.service", ...sleeper, "[X-Fleet]", "MachineMetadata=host=m9");
  const startMs = performance.now();
  const { code, stderr } = await refused("start", file);
  assert.ok(performance.now() - startMs < 2_000, "it does not wait");
  assert.is(code, 1);
  for (const { machineId } of rig.machines)
    assert.match(stderr, `${machineId.slice(0, 8)}...: MachineMetadata=: picky.service wants host=m9`);
  await expect("destroy", "picky.service");
});

test("a unit that fails is said to have failed, and can be started once it is mended", async () => {
  const broken = write(
    "leak.service",
    "[Service]",
    "Type=oneshot",
    "ExecStart=/bin/sh -c 'echo it leaks; exit 3'",
  );
  assert.match(
    (await refused("start", broken)).stderr,
    /unit leak.service failed on .*: loaded failed failed/,
  );
  assert.match(await expect("journal", "leak.service"), "it leaks");
  assert.match((await refused("status", "leak.service")).code.toString(), "3");
  await expect("start", "--replace", write("leak.service", ...sleeper));
  assert.is((await whereActive("leak.service")).length, 1);
});

test("broken files: their line is named, and nothing is taken", async () => {
  const good = write("good.service", ...sleeper);
  const bad = write("bad.service", "[Unit]", "[Service", "ExecStart=/bin/true");
  const { code, stderr } = await refused("start", good, bad);
  assert.is(code, 1);
  assert.match(stderr, `Error: ${bad}:2: broken section header [Service\nHint: `);
  assert.is(await scene.unit("good.service"), undefined);
});

test("a start that hangs can be taken back", async () => {
  const file = write("hangs.service", "[Service]", "Type=notify", "ExecStart=/bin/sleep infinity");
  const { code, stderr } = await refused("start", "--timeout=1", file);
  assert.is(code, 6);
  assert.match(stderr, /activating start on/);
  await expect("stop", "hangs.service");
  assert.is(await stateOf(await scene.home("hangs.service"), "hangs.service"), "inactive");
  await expect("destroy", "hangs.service");
});

test("a plain mount is placed with its service; stopped alone it goes on, and says for whom", async () => {
  await rig.machines[0]?.exec("mkdir", "-p", "/srv/nas/hold");
  const mount = write(
    "mnt-hold.mount",
    "[Mount]",
    "What=/srv/nas/hold",
    "Where=/mnt/hold",
    "Type=none",
    "Options=bind",
  );
  const service = write("cargo.service", "[Unit]", "RequiresMountsFor=/mnt/hold", ...sleeper);
  await expect("start", mount, service);
  const home = await scene.home("cargo.service");
  assert.is(await scene.home("mnt-hold.mount"), home);

  assert.match((await refused("stop", "mnt-hold.mount")).stderr, "needed: cargo.service needs it");
  assert.equal(await whereActive("cargo.service"), [home.name]);
  await expect("stop", "cargo.service");
  await waitUntil(5_000, "it is unmounted", async () => (await whereActive("mnt-hold.mount")).length === 0);
  await expect("start", "mnt-hold.mount", "cargo.service");
});

test("a mount whose server has no such export: the reason is shown, and it can be started once there is one", async () => {
  const what = `What=${rig.hostAddress}:/late`;
  const mount = write("mnt-late.mount", "[Mount]", what, "Where=/mnt/late", "Type=nfs");
  const service = write("late.service", "[Unit]", "RequiresMountsFor=/mnt/late", ...sleeper);
  const { stderr } = await refused("start", mount, service);
  assert.match(stderr, /unit mnt-late.mount failed on .*: loaded failed failed/);
  assert.match(await expect("journal", "mnt-late.mount"), "access denied by server while mounting");

  await rig.machines[0]?.exec("mkdir", "/srv/nas/late");
  await expect("start", "mnt-late.mount", "late.service");
  assert.is((await whereActive("late.service")).length, 1);
  await expect("destroy", "late.service", "mnt-late.mount");
});

test("a machine is removed: its units move, the others do not notice", async () => {
  const home = await scene.home("cargo.service");
  const running = (await listed("list-units")).filter(({ active, load }) => active === "active" && load);
  const staying = running.filter(
    ({ machine, unit }) => machine !== home.machineId && unit !== "mnt-data.mount",
  );
  const machineOf = ({ machine }: Row) =>
    rig.machines.find(({ machineId }) => machineId === machine) as Machine;
  const starts = () => Promise.all(staying.map((row) => startOf(machineOf(row), String(row["unit"]))));
  const before = await starts();

  await expect("machine", "remove", home.address);
  const moved = running.filter(({ machine }) => machine === home.machineId).map(({ unit }) => String(unit));
  for (const unit of moved)
    await waitUntil(10_000, `${unit} runs elsewhere`, async () => {
      const where = await whereActive(unit);
      return where.length === 1 && where[0] !== home.name;
    });
  assert.is(await scene.home("cargo.service"), await scene.home("mnt-hold.mount"));
  assert.equal(await starts(), before);
  assert.not((await home.exec("ls", "/run/systemd/system")).match(/cargo|hold|hello/));

  await expect("machine", "add", home.address, "--yes");
  await scene.untilWhole();
});

test.run();
