import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MachineView } from "../../src/api/contract.ts";
import { ensureKey } from "./disk.ts";
import type { Machine } from "./rig.ts";
import { start } from "./run-client.ts";
import { openTestRig } from "./test-rig.ts";

const rig = await openTestRig(import.meta.url, { machines: 4 });
const [m1, m2, m3, worker] = rig.machines as [Machine, Machine, Machine, Machine];
const flotillactl = fileURLToPath(new URL("../../bin/flotillactl", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "flotilla-bootstrap-"));
const clusterFile = join(directory, "cluster.toml");
const stateDirectory = join(directory, "harbour.flotilla");
test.after(() => rmSync(directory, { recursive: true }));

interface Outcome {
  readonly changes: readonly { readonly about: string; readonly what: string }[];
  readonly failures: readonly { readonly about: string; readonly message: string }[];
  readonly machines: readonly MachineView[] | null;
}

/** Writes cluster.toml: three members, and a machine that only runs units, for a user that is not root. */
function writeCluster(more: { readonly worker?: string; readonly metadata?: string } = {}): void {
  const members = [m1, m2, m3].map(
    ({ name, address, hostKey }) =>
      `[[machine]]\nname = "${name}"\naddress = "${address}"\nmember = true\nhost_key = "${hostKey}"\nclock_ppm = 500\n`,
  );
  const { name, address, hostKey } = worker;
  writeFileSync(
    clusterFile,
    `name = "harbour"\n[ssh]\nidentity = "${rig.keyFile}"\n${members.join("")}
[[machine]]\nname = "${name}"\naddress = "${address}"\nuser = "ops"\nhost_key = "${more.worker ?? hostKey}"
metadata = { ${more.metadata ?? 'disk = "ssd"'} }\n`,
  );
}

async function bootstrap(...args: string[]): Promise<Outcome & { readonly exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await start(flotillactl, [
    "bootstrap",
    clusterFile,
    "--json",
    ...args,
  ]);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Outcome), exitCode };
}
const inWords = ({ changes }: Outcome) => changes.map(({ about, what }) => `${about}: ${what}`);
const failed = ({ failures }: Outcome) => failures.map(({ about, message }) => `${about}: ${message}`);
const statuses = ({ machines }: Outcome) =>
  Object.fromEntries((machines ?? []).map(({ address, status }) => [address, status]));
const ready = (...machines: Machine[]) =>
  Object.fromEntries(machines.map(({ address }) => [address, "ready"]));

test("a dry run on blank machines says what it would do, and does nothing", async () => {
  writeCluster();
  const outcome = await bootstrap("--dry-run");
  assert.equal(failed(outcome), []);
  assert.ok(inWords(outcome).includes("m1: found the cluster, with it as the first member"));
  assert.ok(inWords(outcome).includes("m4: enrol it: it is new"));
  assert.not(existsSync(stateDirectory));
  assert.is(await m1.exec("sh", "-c", "ls /opt /etc/flotilla 2>/dev/null; true"), "/opt:\n");
});

test("a member that is silent: nothing is founded", async () => {
  m3.partition();
  const outcome = await bootstrap();
  m3.heal();
  assert.is(outcome.exitCode, 1);
  assert.match(failed(outcome).at(-1) ?? "", /^cluster: no cluster was founded: m3 could not be looked at/);
  assert.equal(inWords(outcome), []);
  assert.not((await m1.exec("ls", "/opt")).includes("flotilla"));
});

test("a machine with another host key is refused, the others become a cluster", async () => {
  writeCluster({ worker: ensureKey(join(directory, "other"), "other") });
  const outcome = await bootstrap();
  assert.is(outcome.exitCode, 1);
  assert.is(outcome.failures.length, 1, failed(outcome).join("\n"));
  assert.match(failed(outcome)[0] ?? "", /^m4: .*the machine shows host key/);
  assert.equal(statuses(outcome), ready(m1, m2, m3));
  assert.not((await worker.exec("sh", "-c", "cat /home/ops/.ssh/* 2>/dev/null; true")).includes("flotilla"));
});

test("again with the right key: only that machine is added, with sudo", async () => {
  writeCluster();
  const outcome = await bootstrap();
  assert.equal(failed(outcome), []);
  assert.equal(inWords(outcome), ["m4: authorize the SSH key of m1, m2, m3", "m4: enrol it: it is new"]);
  assert.equal(statuses(outcome), ready(m1, m2, m3, worker));
  assert.is(outcome.exitCode, 0);
});

test("again: unchanged", async () => {
  assert.equal(inWords(await bootstrap()), []);
});

test("changed metadata is all that is changed", async () => {
  writeCluster({ metadata: 'disk = "hdd"' });
  assert.equal(inWords(await bootstrap()), ["m4: enrol it: metadata disk=ssd becomes disk=hdd"]);
});

test("a member that lost its data joins as another one", async () => {
  await m2.exec("sh", "-c", "systemctl stop flotillad && rm -r /var/lib/flotilla");
  const outcome = await bootstrap();
  assert.equal(failed(outcome), []);
  assert.is(inWords(outcome).length, 1);
  assert.match(
    inWords(outcome)[0] ?? "",
    /^m2: join as a new member instead of m2\.[0-9a-f]{16}, whose data is lost$/,
  );
  assert.equal(statuses(outcome), ready(m1, m2, m3, worker));
});

test("a file that was changed by hand is put right, and its member restarted", async () => {
  await m3.exec("sh", "-c", "echo '# mine' >>/etc/flotilla/flotillad.toml");
  assert.equal(inWords(await bootstrap()), [
    "m3: write /etc/flotilla/flotillad.toml",
    "m3: restart flotillad",
  ]);
});

test("a machine that is off is reported, the others are served", async () => {
  await worker.kill();
  writeCluster({ metadata: 'disk = "nvme"' });
  await m3.exec("systemctl", "stop", "flotillad");
  const outcome = await bootstrap();
  assert.is(outcome.exitCode, 1);
  assert.match(failed(outcome).join("\n"), /^m4: .*(cannot reach the machine|no SSH connection)/);
  assert.equal(inWords(outcome), ["m3: start flotillad"]);
  assert.is(statuses(outcome)[m3.address], "ready");
});

test("from another state directory: the members belong to another cluster", async () => {
  const outcome = await bootstrap("--state-dir", join(directory, "other-state"));
  assert.is(outcome.exitCode, 1);
  assert.match(failed(outcome).join("\n"), /m1: it is a member of another cluster, [0-9a-f-]{36}/);
  assert.equal(inWords(outcome), []);
});

test("without a quorum it refuses, and founds nothing", async () => {
  await m1.exec("sh", "-c", "systemctl stop flotillad && rm -r /var/lib/flotilla");
  await m2.exec("sh", "-c", "systemctl stop flotillad && rm -r /var/lib/flotilla");
  const outcome = await bootstrap();
  assert.is(outcome.exitCode, 1);
  assert.match(failed(outcome).join("\n"), /cluster: no member answers for a quorum/);
  assert.not((await m1.exec("ls", "/var/lib")).includes("flotilla"));
});

test.run();
