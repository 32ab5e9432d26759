import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MachineView, MemberView } from "../../src/api/contract.ts";
import { planEnrolment, planLease, strayNotes } from "../../src/bootstrap/agreement.ts";
import { parseClusterFile } from "../../src/bootstrap/cluster-file.ts";
import { hashOfText, type MemberFile } from "../../src/bootstrap/member-files.ts";
import {
  describeMemberStep,
  type PreparedMember,
  planMembers,
  planStarts,
} from "../../src/bootstrap/member-steps.ts";
import { describePreparation, type Planned, planMachines } from "../../src/bootstrap/plan.ts";
import type { Quorum } from "../../src/bootstrap/quorum.ts";
import type { Survey } from "../../src/bootstrap/survey.ts";
import { parseHostKey } from "../../src/machine/host-key.ts";

const nothing: Survey = {
  clockOffsetS: 0,
  node: "/usr/bin/node",
  identity: undefined,
  logBytes: 0,
  release: undefined,
  sshKey: undefined,
  hashes: new Map(),
  isActive: false,
  isEnabled: false,
  isStale: false,
  authorizedKeys: "",
};
const files: readonly MemberFile[] = [
  { path: "/etc/flotilla/flotillad.toml", text: "name", mode: 0o644 },
  { path: "/etc/flotilla/member.key", text: "key", mode: 0o600 },
];
const done: Survey = {
  ...nothing,
  release: "1.0-a",
  sshKey: "ssh-ed25519 M1",
  isActive: true,
  isEnabled: true,
  hashes: new Map(files.map(({ path, text }) => [path, hashOfText(text)])),
  authorizedKeys: "ssh-ed25519 M1 flotilla harbour m1\n",
};
const prepare = (...machines: Planned[]): string[] =>
  planMachines("harbour", "1.0-a", machines).map((step) => `${step.on}: ${describePreparation(step)}`);

test("a blank member and a machine that only runs units", () => {
  assert.equal(
    prepare({ name: "m1", survey: nothing, files }, { name: "w", survey: nothing, files: undefined }),
    [
      "m1: make its own SSH key",
      "m1: install Flotilla 1.0-a",
      "m1: write /etc/flotilla/flotillad.toml, /etc/flotilla/member.key",
      "m1: let flotillad start at boot",
      "m1: authorize the SSH key of m1",
      "w: authorize the SSH key of m1",
    ],
  );
});

test("nothing differs", () => {
  assert.equal(prepare({ name: "m1", survey: done, files }), []);
});

test("only what differs", () => {
  const hashes = new Map([...done.hashes, ["/etc/flotilla/member.key", "other"]]);
  const survey = { ...done, hashes, release: "0.9-b" };
  const worker = { ...nothing, authorizedKeys: "ssh-ed25519 OLD flotilla harbour m1\n" };
  assert.equal(prepare({ name: "m1", survey, files }, { name: "w", survey: worker, files: undefined }), [
    "m1: install Flotilla 1.0-a instead of 0.9-b",
    "m1: write /etc/flotilla/member.key",
    "w: authorize the SSH key of m1",
  ]);
});

const member = (
  name: string,
  more: Partial<PreparedMember["survey"]>,
  isChanged = false,
): PreparedMember => ({
  name,
  isChanged,
  address: `${name}:7400`,
  survey: { identity: undefined, logBytes: 0, isActive: false, ...more },
});
const has = (name: string) => ({ identity: { cluster: "C", id: `${name}.1` }, logBytes: 9 });
const view = (id: string, address = `${id.slice(0, 2)}:7400`): MemberView => ({
  ...{ id, address, role: "follower", isVoter: true },
});
const assemble = (quorum: Quorum, members: PreparedMember[], known: MemberView[]): string[] =>
  [...planStarts(quorum, members), ...planMembers(quorum, members, known)].map(
    (step) => `${step.on}: ${describeMemberStep(step)}`,
  );

test("a new cluster begins with one member, and the others join it", () => {
  const members = ["m1", "m2", "m3"].map((name) => member(name, {}, true));
  assert.equal(assemble({ kind: "found", on: "m1" }, members, [view("m1.7")]), [
    "m1: found the cluster, with it as the first member",
    "m1: start flotillad",
    "m2: join as a new member",
    "m3: join as a new member",
  ]);
});

test("members that changed are restarted, stopped ones started", () => {
  const members = [
    member("m1", { ...has("m1"), isActive: true }, true),
    member("m2", has("m2"), true),
    member("m3", { ...has("m3"), isActive: true }),
  ];
  const known = [view("m1.1"), view("m2.1"), view("m3.1")];
  assert.equal(assemble({ kind: "exists", members: ["m1", "m2", "m3"] }, members, known), [
    "m2: start flotillad",
    "m1: restart flotillad",
  ]);
});

test("lost data, another address, an expelled member, a half-way joined one", () => {
  const members = [
    member("m1", { ...has("m1"), isActive: true }),
    member("m2", {}),
    member("m3", { ...has("m3"), isActive: true }),
    member("m4", { ...has("m4"), isActive: true }),
    member("m5", { identity: { cluster: "C", id: "m5.1" }, isActive: true }),
  ];
  const known = [view("m1.1"), view("m2.1"), view("m3.1", "old:7400"), view("m5.1")];
  assert.equal(assemble({ kind: "exists", members: ["m1", "m3", "m4"] }, members, known), [
    "m3: its address old:7400 becomes m3:7400",
    "m4: m4.1 was removed from the cluster",
    "m2: join as a new member instead of m2.1, whose data is lost",
    "m5: join as a new member",
  ]);
});

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII/u8zIOqLSWNW0X4ojjw0BbLbV2W3BV/qGKFKEioyTf";
const file = parseClusterFile(
  {
    name: "harbour",
    lease: { ttl_ms: 5000 },
    machine: [{ address: "192.0.2.1", name: "m1", member: true, metadata: { disk: "ssd", a: "b" } }],
  },
  "cluster.toml",
);
const machine = file.machines[0]!;
const wanted = { machine, hostKey, machineId: "id1", isExclusiveCapable: true, clockRatePpm: 1000 };
const known: MachineView = {
  ...{ id: "id1", address: "192.0.2.1", port: 22, user: "root", metadata: { a: "b", disk: "ssd" } },
  ...{ status: "ready", statusReason: null, bootId: null, member: "m1.1", isExclusiveCapable: true },
  ...{ fingerprint: parseHostKey(hostKey).fingerprint, clockRatePpm: 1000 },
};

test("machines are enrolled when the cluster does not know them as they are", () => {
  assert.equal(planEnrolment([wanted], []), [{ on: "m1", because: ["it is new"] }]);
  assert.equal(planEnrolment([wanted], [known]), []);
  const differs = { ...known, port: 2222, metadata: {}, clockRatePpm: 100_000, fingerprint: "SHA256:old" };
  assert.equal(planEnrolment([wanted], [differs]), [
    {
      on: "m1",
      because: [
        "address 192.0.2.1:2222 becomes 192.0.2.1:22",
        `host key SHA256:old becomes ${known.fingerprint}`,
        "metadata (none) becomes a=b,disk=ssd",
        "clock error 100000 ppm becomes 1000 ppm",
      ],
    },
  ]);
});

test("the lease is set when it differs", () => {
  assert.equal(planLease(file, { ttlMs: 3000, graceMs: 500 }), { ttlMs: 5000 });
  assert.is(planLease(file, { ttlMs: 5000, graceMs: 900 }), undefined);
});

test("what is not listed is left alone, and said", () => {
  const members = [view("m1.1"), view("m9.1")];
  const other = { ...known, id: "id9", address: "192.0.2.9" };
  const replaced = { ...known, id: "id8" };
  const seen = [{ id: "id1", address: "192.0.2.1" }];
  assert.equal(strayNotes(file, { members: [], machines: [known] }, []), []);
  assert.equal(strayNotes(file, { members, machines: [known, replaced, other] }, seen), [
    "m9.1 at m9:7400 is a member that cluster.toml does not list",
    "machine id8 at 192.0.2.1 is enrolled and not listed: flotillactl machine remove id8",
    "machine id9 at 192.0.2.9 is enrolled and not listed: flotillactl machine remove id9",
  ]);
});

test.run();
