import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ListedMachine } from "../../src/bootstrap/cluster-file.ts";
import { judgeClocks, judgeMachine, judgeTwins, membersClockPpm } from "../../src/bootstrap/verdict.ts";
import type { MachineFacts } from "../../src/machine/check.ts";

const machine: ListedMachine = {
  ...{ name: "m1", address: "192.0.2.1", port: 22, user: "ops", isMember: true, metadata: {} },
  ...{ hostKey: undefined, clockPpm: undefined },
};
const good: MachineFacts = {
  ...{ machineId: "0".repeat(32), bootId: "b", init: "systemd", kernel: "6.1", systemdVersion: 252 },
  ...{
    bash: "/bin/bash",
    flock: "/bin/flock",
    bridge: "/bin/b",
    node: "20.10.0",
    cgroupKill: "/sys/fs/cgroup",
  },
  ...{ isRoot: true, sshd: {}, time: { name: "timesyncd", slewPpmMax: 500 }, freeKib: {} },
};
const judge = (more: Partial<MachineFacts>, of: Partial<ListedMachine> = {}) => {
  const { faults, warnings } = judgeMachine({ ...machine, ...of }, { ...good, ...more });
  return [...faults.map(({ message }) => message), ...warnings.map(({ message }) => `warning: ${message}`)];
};

test("a good machine", () => assert.equal(judge({}), []));

test("what keeps a machine out", () => {
  assert.equal(judge({ init: "init", systemdVersion: undefined }), ["its process 1 is init, not systemd"]);
  assert.equal(judge({ systemdVersion: 239 }), ["systemd 239 is too old, 249 is needed"]);
  assert.equal(judge({ isRoot: false }), ["user ops cannot become root with sudo -n"]);
  assert.equal(judge({ node: undefined }), ["a member needs Node, and there is none in its PATH"]);
  assert.equal(judge({ node: "18.19.1" }), ["Node 18.19.1 is too old, 20.10 is needed"]);
  assert.equal(judge({ node: "22.0.0" }), []);
  assert.equal(judge({ node: undefined }, { isMember: false }), []);
  assert.equal(judge({ sshd: { allowStreamLocalForwarding: "no" } }), []);
  assert.equal(judge({ sshd: { allowStreamLocalForwarding: "no" }, bridge: undefined }), [
    "sshd forbids AllowStreamLocalForwarding, and there is no systemd-stdio-bridge instead",
  ]);
});

test("what is only said", () => {
  assert.equal(judge({ flock: undefined, cgroupKill: undefined }), [
    "warning: it takes no exclusive units, for it has no flock, no cgroup.kill (cgroup v2, Linux 5.14)",
  ]);
  assert.equal(judge({ freeKib: { "/run": 1024, "/var/lib": 1024 } }), [
    "warning: only 1 MiB are free in /run",
    "warning: only 1 MiB are free in /var/lib",
  ]);
  const chrony = { time: { name: "chrony", slewPpmMax: 83_333 } };
  assert.equal(judge(chrony), [
    "warning: nothing bounds the rate of its clock, so takeovers from it wait longer",
  ]);
  assert.equal(judge(chrony, { clockPpm: 500 }), []);
});

test("the worst clock among the members counts", () => {
  assert.is(membersClockPpm([true, true, true]), 1_000);
  assert.is(membersClockPpm([true, false, true]), 100_000);
});

test("clones of one disk", () => {
  const twins = judgeTwins([
    { name: "m1", machineId: "a" },
    { name: "m2", machineId: "b" },
    { name: "m3", machineId: "a" },
  ]);
  assert.equal(
    [...twins].map(([name, { message }]) => `${name}: ${message}`),
    ["m1: it has the same machine-id as m3: a", "m3: it has the same machine-id as m1: a"],
  );
});

test("clocks that disagree", () => {
  const at = (name: string, clockOffsetS: number) => ({ name, survey: { clockOffsetS } });
  assert.is(judgeClocks([at("m1", 0.4), at("m2", -1)]), undefined);
  assert.is(
    judgeClocks([at("m1", 0), at("m2", 90), at("m3", 1)])?.message,
    "the clock of m2 is 90 s ahead of that of m1",
  );
});

test.run();
