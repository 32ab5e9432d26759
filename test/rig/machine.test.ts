import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { checkMachine } from "../../src/machine/check.ts";
import { streamJournal, unitStatus } from "../../src/machine/journal.ts";
import { connectMachine, type MachineLink } from "../../src/machine/link.ts";
import { probeMachine } from "../../src/machine/probe.ts";
import { connectSsh, pinnedHostKey } from "../../src/machine/ssh.ts";
import type { Identity, Target } from "../../src/machine/target.ts";
import type { UnitState } from "../../src/machine/unit-state.ts";
import { command } from "./command.ts";
import type { Machine } from "./rig.ts";
import { openTestRig } from "./test-rig.ts";

const rig = await openTestRig(import.meta.url, { machines: 1 });
const [machine] = rig.machines as [Machine];
const identity: Identity = { kind: "key", privateKey: readFileSync(rig.keyFile, "utf8") };
const directory = "/run/systemd/system";
let seq = 0;

const target = (user = "root"): Target => ({
  address: machine.address,
  port: 22,
  user,
  hostKey: machine.hostKey,
});
const connect = (
  changes: { target?: Target; identity?: Identity; signal?: AbortSignal; cluster?: string } = {},
) =>
  connectMachine({
    ...{
      target: target(),
      identity,
      cluster: "test",
      epoch: 1,
      seq: ++seq,
      clock: systemClock,
      log: silentLog,
    },
    ...changes,
  });
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable("it should have been refused"),
    (error) => error,
  );

/** How long `work` took, in milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await isTrue()); waitedMs += 20) {
    assert.ok(waitedMs < 3_000, what);
    await sleep(20);
  }
}

async function withLink(user: string, work: (link: MachineLink) => Promise<void>): Promise<void> {
  const link = await connect({ target: target(user) });
  try {
    await work(link);
  } finally {
    link.close();
  }
}

const service = (command: string, more = "") =>
  `[Unit]\nDescription=Test\n[Service]\n${more}ExecStart=${command}\n`;

for (const user of ["root", "ops"]) {
  test(`${user}: units are started, stopped and fail, and their events come before the answer`, () =>
    withLink(user, async (link) => {
      await link.writeFiles([
        { path: `${directory}/good.service`, text: service("/bin/sleep 1000") },
        { path: `${directory}/bad.service`, text: service("/bin/false", "Type=oneshot\n") },
        {
          path: `${directory}/bad.service.d/zz.conf`,
          text: "[Unit]\nRequisite=basic.target\nAssertPathExists=!/nowhere\n",
        },
      ]);
      await link.reload();
      const seen: UnitState[] = [];
      link.watch((state) => seen.push(state));
      const toldOf = (unit: string) => seen.filter((state) => state.name === unit).map((state) => state.sub);

      assert.is(await link.start("good.service"), "done");
      assert.is(toldOf("good.service").at(-1), "running");
      assert.is(await link.start("bad.service"), "failed");
      assert.is(toldOf("bad.service").at(-1), "failed");
      assert.equal(
        (await link.states(["bad.service", "good.service", "no.service"])).map((state) => [
          state.load,
          state.active,
        ]),
        [
          ["loaded", "failed"],
          ["loaded", "active"],
          ["not-found", "inactive"],
        ],
      );
      assert.equal(await link.show("bad.service"), {
        fragmentPath: `${directory}/bad.service`,
        dropInPaths: [`${directory}/bad.service.d/zz.conf`],
        slice: "system.slice",
        requisite: ["basic.target"],
        asserts: ["AssertPathExists=!/nowhere"],
        needDaemonReload: false,
      });
      await link.resetFailed("bad.service");
      await until("the reset is told", () => toldOf("bad.service").at(-1) === "dead");
      assert.is(await link.restart("good.service"), "done");
      assert.is(await link.stop("good.service"), "done");
      assert.is(toldOf("good.service").at(-1), "dead");
      assert.is((await errorOf(link.start("no.service"))).code, "systemd-no-such-unit");

      await link.removeFiles(
        ["good.service", "bad.service", "bad.service.d/zz.conf"].map((name) => `${directory}/${name}`),
      );
      await link.reload();
      assert.not(existsSync(`${machine.directory}/root${directory}/bad.service.d`));
      assert.is((await link.states(["good.service"]))[0]?.load, "not-found");
    }));

  test(`${user}: 100 files appear whole, with their mode, and nothing is left beside them`, () =>
    withLink(user, async (link) => {
      const paths = Array.from({ length: 100 }, (_, index) => `/run/many/deep/${index} é.conf`);
      await link.writeFiles(paths.map((path) => ({ path, text: "old" })));
      const text = `${"line\n".repeat(20_000)}no newline at the end`;
      await link.writeFiles(
        paths.map((path, index) => ({ path, text: index === 0 ? text : path, mode: 0o750 })),
      );
      const read = await link.readFiles([...paths, "/run/many/none"]);
      assert.equal([...read.keys()].sort(), [...paths].sort());
      assert.is(read.get(paths[0] ?? ""), text);
      assert.is(read.get(paths[99] ?? ""), paths[99]);
      const listed = await machine.exec("find", "/run/many", "-type", "f", "-printf", "%m %u\\n");
      assert.equal(listed, "750 root\n".repeat(100));
      await link.removeFiles([...paths, "/run/many/none"]);
      assert.is(await machine.exec("find", "/run/many", "-type", "f"), "");
      const refused = await errorOf(link.writeFiles([{ path: "/proc/no/file", text: "" }]));
      assert.is(refused.code, "file-failed");
      assert.match(refused.message, "/proc/no/file");
      assert.is((await errorOf(link.writeFiles([{ path: "/run/../x", text: "" }]))).code, "path-invalid");
    }));
}

test("a connection is registered, renews, and a newer one cuts it off", async () => {
  const old = await connect();
  assert.is(old.inventory.bootId, machine.bootId());
  assert.is(await old.renew(old.reading.machineCs + 300), "ok");
  assert.is(await old.renew(old.reading.machineCs + 100_000_000), "far");
  const newer = await connect();
  const pending = errorOf(old.renew(0));
  assert.match((await old.closed).code, /^(machine-disconnected|session-superseded|session-ended)$/);
  assert.is((await pending).code, (await old.closed).code);
  assert.is((await errorOf(connect({ cluster: "other" }))).code, "session-cluster");
  seq -= 5;
  assert.is((await errorOf(connect())).code, "session-epoch");
  seq += 5;
  assert.is(await newer.renew(0), "ok", "those that were refused disturbed nobody");
  newer.close();
  assert.is((await newer.closed).code, "closed");
  assert.is((await errorOf(newer.reload())).code, "closed");
});

test("a wrong host key, user, key or address is refused with its reason", async () => {
  const probe = await probeMachine({
    target: { ...target(), hostKey: undefined },
    identity,
    clock: systemClock,
  });
  assert.is(probe.hostKey, machine.hostKey);
  const machineId = (await machine.exec("cat", "/etc/machine-id")).trim();
  assert.equal([probe.machineId, probe.problem], [machineId, undefined]);
  const printed = await machine.exec("ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub");
  assert.is(probe.fingerprint, printed.split(" ")[1]);

  const stranger = await probeMachine({
    target: { ...target("stranger"), hostKey: undefined },
    identity,
    clock: systemClock,
  });
  assert.equal([stranger.hostKey, stranger.problem?.code], [machine.hostKey, "machine-auth-failed"]);

  const hostKey = machine.hostKey.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  const changed = await errorOf(connect({ target: { ...target(), hostKey } }));
  assert.is(changed.code, "host-key-changed");
  assert.match(changed.message, probe.fingerprint);
  assert.is((await errorOf(connect({ target: target("stranger") }))).code, "machine-auth-failed");
  assert.is((await errorOf(connect({ target: { ...target(), port: 1 } }))).code, "machine-unreachable");
  const broken: Identity = { kind: "key", privateKey: "no key" };
  assert.is((await errorOf(connect({ identity: broken }))).code, "identity-invalid");
});

test("an encrypted key and an agent let us in", async () => {
  const encrypted = `${rig.directory}/encrypted`;
  copyFileSync(rig.keyFile, encrypted);
  command("ssh-keygen", "-q", "-p", "-N", "secret", "-f", encrypted);
  const privateKey = readFileSync(encrypted, "utf8");
  (await connect({ identity: { kind: "key", privateKey, passphrase: "secret" } })).close();
  assert.is((await errorOf(connect({ identity: { kind: "key", privateKey } }))).code, "identity-invalid");

  const socket = `${rig.directory}/agent.sock`;
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  try {
    while (!existsSync(socket)) await sleep(10);
    command("env", `SSH_AUTH_SOCK=${socket}`, "ssh-add", "-q", rig.keyFile);
    (await connect({ identity: { kind: "agent", socket } })).close();
  } finally {
    agent.kill();
  }
  assert.is(
    (await errorOf(connect({ identity: { kind: "agent", socket: "/nowhere" } }))).code,
    "identity-invalid",
  );
});

test("without forwarding of unix sockets the bridge takes its place", async () => {
  const configuration = "/etc/ssh/sshd_config.d/hardened.conf";
  await machine.exec(
    "sh",
    "-c",
    `echo AllowStreamLocalForwarding no >${configuration}; systemctl restart ssh`,
  );
  try {
    await withLink("root", async (link) =>
      assert.is((await link.states(["basic.target"]))[0]?.active, "active"),
    );
  } finally {
    await machine.exec("sh", "-c", `rm ${configuration}; systemctl restart ssh`);
  }
});

test("the check knows the machine, with and without sudo", async () => {
  for (const user of ["root", "ops"]) {
    const connection = await connectSsh(
      { target: target(user), identity, clock: systemClock },
      pinnedHostKey(target(user)),
    );
    const facts = await checkMachine(connection);
    connection.client.end();
    assert.equal([facts.bootId, facts.init, facts.isRoot], [machine.bootId(), "systemd", true]);
    assert.ok(
      facts.systemdVersion && facts.bash && facts.flock && facts.bridge && facts.cgroupKill && facts.node,
    );
    assert.ok((facts.freeKib["/run"] ?? 0) > 0);
  }
});

test("a journal flows at its reader's pace and leaves nothing behind when it is cancelled", async () => {
  await withLink("root", async (link) => {
    const noisy = service("/usr/bin/seq 300000", "Type=oneshot\nLogRateLimitIntervalSec=0\n");
    await link.writeFiles([{ path: `${directory}/noisy.service`, text: noisy }]);
    await link.reload();
    assert.is(await link.start("noisy.service"), "done");
    const cancel = new AbortController();
    const options = { target: target(), identity, clock: systemClock, signal: cancel.signal };
    const journal = { unit: "noisy.service", lines: 1_000_000, output: "short", follow: true };
    let bytes = 0;
    for await (const chunk of streamJournal(options, journal)) {
      bytes += chunk.length;
      await sleep(2); // slower than it comes
      assert.is(await link.renew(0), "ok");
      if (bytes > 500_000) cancel.abort();
    }
    assert.ok(bytes > 500_000);
    await until(
      "journalctl ends",
      async () => (await machine.exec("sh", "-c", "pgrep journalctl || true")) === "",
    );
    const status = await unitStatus({ target: target("ops"), identity, clock: systemClock }, "noisy.service");
    assert.is(status.exitCode, 3);
    assert.match(status.stdout, "noisy.service - Test");
  });
});

test("when sshd is killed the connection ends at once, and the next one finds what was there", async () => {
  const link = await connect();
  await link.writeFiles([{ path: `${directory}/left.service.d/zz-flotilla.conf`, text: "" }]);
  await link.gate("left.service", 7);
  const endedMs = await timed(async () => {
    await machine.exec("pkill", "-KILL", "sshd");
    await link.closed;
  });
  assert.ok(endedMs < 1_000, `${endedMs} ms`);
  await machine.waitUp();
  await withLink("root", async (again) => {
    assert.equal(again.inventory.units, ["left.service"]);
    assert.equal(again.inventory.gates, new Map([["left.service", 7]]));
    await again.ungate("left.service");
  });
});

test("silence is noticed within 2.5 s, and connecting into it can be given up or times out", async () => {
  const link = await connect();
  machine.partition();
  try {
    const renewal = errorOf(link.renew(0));
    const silentMs = await timed(() => link.closed);
    assert.ok(silentMs < 2_500, `${silentMs} ms`);
    assert.is((await link.closed).code, "machine-silent");
    assert.is((await renewal).code, "machine-silent");
    const abortedMs = await timed(async () =>
      assert.is((await errorOf(connect({ signal: AbortSignal.timeout(200) }))).code, "aborted"),
    );
    assert.ok(abortedMs < 1_000, `${abortedMs} ms`);
    const late = { target: target(), identity, clock: systemClock, limitMs: 300 };
    assert.match((await errorOf(probeMachine(late))).code, /^machine-(silent|unreachable)$/);
  } finally {
    machine.heal();
  }
  await withLink("root", async (again) => assert.is(await again.renew(0), "ok"));
});

test.run();
