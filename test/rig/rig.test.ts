import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cgroupsStartingWith } from "./cgroup.ts";
import { allClaims } from "./claim.ts";
import { tryCommand } from "./command.ts";
import { linksOf } from "./network.ts";
import { rigDirectory } from "./remove.ts";
import type { Machine } from "./rig.ts";
import { openTestRig } from "./test-rig.ts";

const rig = await openTestRig(import.meta.url, { machines: 3, bootClockOffsetsS: [0, 5_000, 900_000] });
const [m1, m2, m3] = rig.machines as [Machine, Machine, Machine];

/** A program on the machine by ssh, as a client would; status and stdout. */
const ssh = (machine: Machine, user: string, ...argv: string[]) =>
  tryCommand("ssh", [
    ...["-i", rig.keyFile, "-o", `UserKnownHostsFile=${rig.knownHostsFile}`, "-o", "BatchMode=yes"],
    ...["-o", "ConnectTimeout=1", `${user}@${machine.address}`, ...argv],
  ]);

const canPing = async (from: Machine, to: string): Promise<boolean> =>
  await from.exec("ping", "-c1", "-W1", "-q", to).then(
    () => true,
    () => false,
  );

/** Everything on this host that belongs to the rig of this name and number. */
function tracesOf(name: string, number: number): string[] {
  const processes = readdirSync("/proc").filter((pid) => {
    const isOther = /^\d+$/.test(pid) && Number(pid) !== process.pid;
    const commandLine = isOther && existsSync(`/proc/${pid}/cmdline`) ? `/proc/${pid}/cmdline` : "/dev/null";
    return readFileSync(commandLine, "latin1").includes(`${rigDirectory(name)}/`);
  });
  return [
    ...readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(rigDirectory(name))),
    ...linksOf(number),
    ...cgroupsStartingWith(`fl${number}m`),
    ...processes.map((pid) => `process ${pid}`),
    ...(existsSync(rigDirectory(name)) ? [rigDirectory(name)] : []),
    ...allClaims().flatMap((claim) => (claim.name === name ? [`claim ${claim.number}`] : [])),
  ];
}

test("machines are whole and have their own identity", async () => {
  for (const machine of rig.machines) {
    assert.is((await machine.exec("systemctl", "is-system-running", "--wait")).trim(), "running");
    assert.is((await machine.exec("hostname")).trim(), machine.name);
    assert.is((await machine.exec("cat", "/etc/machine-id")).trim(), machine.machineId);
    assert.is((await machine.exec("node", "--version")).trim(), process.version);
  }
  assert.is(new Set(rig.machines.map((machine) => machine.machineId)).size, 3);
  assert.is(new Set(rig.machines.map((machine) => machine.hostKey)).size, 3);
  assert.is(new Set(rig.machines.map((machine) => machine.bootId())).size, 3);
});

test("root and an ordinary user with sudo come in by ssh, host keys verified", () => {
  assert.is(ssh(m1, "root", "id", "-un").stdout, "root\n");
  assert.is(ssh(m2, "ops", "id", "-un").stdout, "ops\n");
  assert.is(ssh(m2, "ops", "sudo", "-n", "id", "-un").stdout, "root\n");
});

test("boot clocks differ as asked", async () => {
  const upS = async (machine: Machine) => Number.parseFloat(await machine.exec("cat", "/proc/uptime"));
  const [first, second, third] = [await upS(m1), await upS(m2), await upS(m3)];
  assert.ok(Math.abs(second - first - 5_000) < 5, `${first} ${second}`);
  assert.ok(Math.abs(third - first - 900_000) < 5, `${first} ${third}`);
});

test("a power cut gives a new boot id and keeps the disk", async () => {
  const before = m1.bootId();
  await m1.exec("sh", "-c", "echo kept >/root/kept");
  await m1.kill();
  assert.is(m1.isRunning(), false);
  await m1.boot();
  assert.is.not(m1.bootId(), before);
  assert.is((await m1.exec("cat", "/root/kept")).trim(), "kept");
});

test("an orderly reboot, by the button and from the inside", async () => {
  const boots = [m2.bootId()];
  await m2.reboot();
  boots.push(m2.bootId());
  ssh(m2, "root", "systemctl", "--no-block", "reboot");
  const end = performance.now() + 20_000;
  while ((m2.bootId() ?? boots[1]) === boots[1] && performance.now() < end) await sleep(50);
  await m2.waitUp();
  boots.push(m2.bootId());
  assert.is(new Set(boots).size, 3);
});

test("power off is orderly, and the machine boots again", async () => {
  const marker = `${rig.storage.mountPoint}/stopped`;
  await m3.exec(
    "systemd-run",
    "--unit=marker",
    `--property=ExecStop=/usr/bin/touch ${marker}`,
    "sleep",
    "600",
  );
  await m3.powerOff();
  assert.is(m3.isRunning(), false);
  assert.ok(existsSync(`${rig.storage.directory}/stopped`));
  await m3.boot();
});

test("a partition cuts both ways, outlives a reboot, and heals", async () => {
  m3.partition();
  assert.equal(await Promise.all([canPing(m1, m3.address), canPing(m3, m1.address)]), [false, false]);
  assert.ok(m3.isPartitioned());
  assert.match(await m3.exec("ip", "-br", "address", "show", "host0"), m3.address);
  await m3.kill();
  m3.switchOn();
  while (m3.bootId() === undefined) await sleep(50);
  await sleep(500);
  assert.is(await canPing(m1, m3.address), false);
  m3.heal();
  await m3.waitUp();
  assert.is(await canPing(m3, m1.address), true);
});

test("a pulled cable takes the address away until it is back", async () => {
  m2.unplug();
  await sleep(300);
  assert.not.match(await m2.exec("ip", "-br", "address", "show", "host0"), m2.address);
  m2.plug();
  await m2.waitUp();
  assert.is(await canPing(m1, m2.address), true);
});

test("a frozen machine stands still, comes back, and can be killed", async () => {
  const before = m2.bootId();
  m2.freeze();
  assert.is(ssh(m2, "root", "true").status, 255);
  m2.thaw();
  assert.is(ssh(m2, "root", "true").status, 0);
  assert.is(m2.bootId(), before);
  m2.freeze();
  await m2.kill();
  await m2.boot();
});

test("a machine that vanishes says no goodbye", async () => {
  const client = connect(22, m2.address);
  await once(client, "data");
  let isClosed = false;
  client.once("close", () => (isClosed = true));
  await m2.vanish();
  await sleep(500);
  assert.is(isClosed, false);
  client.destroy();
  await m2.boot();
});

test("the shared directory is one for all, and honours flock across machines", async () => {
  writeFileSync(`${rig.storage.directory}/hello`, "from the host");
  for (const machine of rig.machines) {
    assert.is(await machine.exec("cat", `${rig.storage.mountPoint}/hello`), "from the host");
  }
  const lock = `${rig.storage.mountPoint}/lock`;
  const held = m1.exec("flock", "--nonblock", lock, "sleep", "1");
  await sleep(300);
  const tryLock = () => m2.exec("flock", "--nonblock", lock, "true").then(String, () => "refused");
  assert.is(await tryLock(), "refused");
  await held;
  assert.is(await tryLock(), "");
});

test("a unit of type nfs mounts an export of the shared directory, while its server can be reached", async () => {
  mkdirSync(`${rig.storage.directory}/export/data`, { recursive: true });
  writeFileSync(`${rig.storage.directory}/export/data/here`, "yes");
  await m1.exec("mount", "-t", "nfs", "-o", "vers=3,sec=sys", "nas:/export/data", "/mnt");
  assert.is(await m1.exec("cat", "/mnt/here"), "yes");
  await m1.exec("umount", "/mnt");
  const refused = (what: string) => m1.exec("mount", "-t", "nfs", what, "/mnt").then(String, String);
  assert.match(await refused("nas:/export/none"), "access denied by server");
  assert.match(await refused("192.0.2.1:/export/data"), "Connection timed out");
});

test("a rig whose process gets a signal is gone; one whose process was killed is cleaned by the next", async () => {
  const open = async (name: string) => {
    const rigModule = new URL("./rig.ts", import.meta.url);
    const script = `import { openRig } from "${rigModule}";
      const rig = await openRig({ name: "${name}", machines: 1 }); console.log(rig.hostAddress); setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    return { child, number: Number(String(line).split(".")[2]) };
  };
  const killed = await open("test-rig-killed");
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  assert.ok(tracesOf("test-rig-killed", killed.number).length > 5);
  const signalled = await open("test-rig-signalled");
  assert.equal(tracesOf("test-rig-killed", killed.number), []);
  signalled.child.kill("SIGTERM");
  const [status] = await once(signalled.child, "exit");
  assert.is(status, 143);
  assert.equal(tracesOf("test-rig-signalled", signalled.number), []);
});

test("down leaves nothing behind", async () => {
  const number = Number(rig.hostAddress.split(".")[2]);
  m2.freeze();
  m3.partition();
  await rig.down();
  assert.equal(tracesOf(rig.name, number), []);
});

test.run();
