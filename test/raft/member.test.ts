import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { FlotillaError } from "../../src/error.ts";
import { silentLog } from "../../src/log.ts";
import type { StateMachine } from "../../src/raft/consensus.ts";
import { type Disk, openDisk } from "../../src/raft/disk.ts";
import { foundMember, isBlank } from "../../src/raft/found.ts";
import { openMember } from "../../src/raft/member.ts";
import type { Transport } from "../../src/raft/transport.ts";

const root = mkdtempSync(join(tmpdir(), "flotilla-member-"));
test.after(() => rmSync(root, { recursive: true }));

const alone: Transport = {
  open: async () => {},
  setPeers: () => {},
  send: () => {},
  close: async () => {},
};

function list(): StateMachine & { items: string[] } {
  const machine = {
    items: [] as string[],
    apply: ({ data }: { data: string }) => machine.items.push(data),
    snapshot: () => JSON.stringify(machine.items),
    restore: (text: string) => {
      machine.items = JSON.parse(text);
    },
  };
  return machine;
}

async function open(
  disk: Disk,
  more: { compactBytes?: number; onFatal?: (error: FlotillaError) => void } = {},
) {
  const machine = list();
  if (await isBlank(disk))
    await foundMember(disk, { members: [{ id: "m1.0", address: "127.0.0.1:1" }], state: "[]" });
  const member = await openMember({
    id: "m1.0",
    disk,
    transport: alone,
    stateMachine: machine,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    onFatal: (error) => {
      throw error;
    },
    onRemoved: () => assert.unreachable(),
    ...more,
  });
  return { member, machine };
}

const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => "none",
    (error) => (error instanceof FlotillaError ? error.code : String(error)),
  );

test("a single member leads at once, answers with apply's result, and keeps what it acknowledged", async () => {
  const disk = openDisk(join(root, "single"));
  const first = await open(disk);
  assert.is((await first.member.propose("one")).result, 1);
  const both = await Promise.all([first.member.propose("two"), first.member.propose("three")]);
  assert.equal(
    both.map(({ result }) => result),
    [2, 3],
  );
  const { term, index } = await first.member.confirmLeadership();
  assert.is(term, first.member.status().term);
  assert.is(index, both[1].index);
  await first.member.close();
  assert.is(await codeOf(first.member.propose("four")), "member-closed");

  const second = await open(disk);
  await second.member.confirmLeadership();
  assert.equal(second.machine.items, ["one", "two", "three"]);
  assert.ok(second.member.status().term > term, "a new start is a new term");
  await second.member.close();
});

test("the log is compacted, and the state is whole after it", async () => {
  const disk = openDisk(join(root, "compact"));
  const { member } = await open(disk, { compactBytes: 2000 });
  for (let n = 0; n < 100; n++) await member.propose(`item ${n}`);
  await member.close();
  const state = JSON.stringify(Array.from({ length: 100 }, (_, n) => `item ${n}`));
  assert.ok(statSync(join(root, "compact", "log")).size < 2000 + 4 * state.length);
  const again = await open(disk);
  await again.member.confirmLeadership();
  assert.is(again.machine.snapshot(), state);
  await again.member.close();
});

test("a command that is too large is refused, and so are changes of members that make no sense", async () => {
  const { member } = await open(openDisk(join(root, "refused")));
  await member.confirmLeadership();
  assert.is(await codeOf(member.propose("x".repeat(1 << 20))), "proposal-too-large");
  assert.is(await codeOf(member.remove("m1.0")), "last-member");
  assert.is(await codeOf(member.remove("m9.0")), "member-unknown");
  assert.is(await codeOf(member.addLearner("m1.1", "a:1")), "member-name-taken");
  assert.is(await codeOf(member.transferLeadership()), "transfer-failed");
  await member.addLearner("m2.0", "127.0.0.1:2");
  assert.is(await codeOf(member.promote("m2.0")), "learner-behind");
  await member.addLearner("m1.0", "127.0.0.1:7");
  assert.equal(member.members(), [
    { id: "m1.0", address: "127.0.0.1:7", isVoter: true },
    { id: "m2.0", address: "127.0.0.1:2", isVoter: false },
  ]);
  await member.remove("m2.0");
  assert.is(await codeOf(member.addLearner("m2.0", "a:1")), "member-removed");
  await member.close();
});

test("after a write that failed nothing is acknowledged any more", async () => {
  const real = openDisk(join(root, "full"));
  let isFull = false;
  const disk: Disk = {
    ...real,
    append: async (name) => {
      const file = await real.append(name);
      const write = (data: Buffer) => {
        if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        file.write(data);
      };
      return { ...file, write };
    },
  };
  const fatal: FlotillaError[] = [];
  const { member } = await open(disk, { onFatal: (error) => fatal.push(error) });
  await member.propose("kept");
  isFull = true;
  assert.is(await codeOf(member.propose("lost")), "member-failed");
  isFull = false;
  assert.is(await codeOf(member.propose("lost too")), "member-failed");
  assert.is(await codeOf(member.confirmLeadership()), "member-failed");
  assert.equal(
    fatal.map(({ code }) => code),
    ["member-failed"],
  );
  const again = await open(real);
  await again.member.confirmLeadership();
  assert.equal(again.machine.items, ["kept"]);
  await again.member.close();
});

test.run();
