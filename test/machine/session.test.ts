import { Duplex } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Clock } from "../../src/clock.ts";
import { createLifetime } from "../../src/machine/lifetime.ts";
import { lineBytesMax } from "../../src/machine/lines.ts";
import { openSession } from "../../src/machine/session.ts";

const boot = "01234567-89ab-cdef-0123-456789abcdef";
const machine = "0123456789abcdef0123456789abcdef";
const hello = `hello 100 ${boot} ${machine}\n`;

/** A clock that stands still until it is moved. */
function standingClock() {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    wall: () => nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  const advance = (byMs: number) => {
    nowMs += byMs;
    const due = timers.filter((timer) => timer.atMs <= nowMs);
    timers = timers.filter((timer) => timer.atMs > nowMs);
    for (const timer of due) timer.run();
  };
  return { clock, advance };
}

function start() {
  const heard: string[] = [];
  const channel = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      heard.push(chunk.toString());
      done();
    },
  });
  const life = createLifetime();
  const { clock, advance } = standingClock();
  const opening = openSession(channel, {
    at: "m1",
    clock,
    life,
    stderr: () => "sudo: a password is required",
  });
  return { opening, channel, heard, life, advance, say: (text: string) => channel.push(text) };
}

async function registered() {
  const started = start();
  started.say(`${hello}end\n`);
  return { ...started, session: await started.opening };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "resolved",
    (error) => error.code,
  );

test("the inventory is read, however it arrives", async () => {
  const { opening, say } = start();
  const text = `${hello}unit a@1.service\nunit b.service\ngate b.service 7\nstarted b.service 6\nmount mnt-x.mount /mnt/a b\nfenced 2\nend\n`;
  for (const character of text) say(character);
  const session = await opening;
  assert.equal(session.inventory, {
    machineId: machine,
    bootId: boot,
    units: ["a@1.service", "b.service"],
    gates: new Map([["b.service", 7]]),
    started: new Map([["b.service", 6]]),
    mounts: [{ unit: "mnt-x.mount", path: "/mnt/a b" }],
    fences: 2,
  });
  assert.equal(session.reading, { machineCs: 100, receivedAtMs: 0 });
});

test("requests are pipelined, answers come in order, and each brings a reading", async () => {
  const { session, heard, say, advance } = await registered();
  const all = Promise.all([
    session.renew(500),
    session.renew(600),
    session.gate("b.mount", 7, "/mnt/a b"),
    session.ungate("b.mount"),
    session.forget("b.mount"),
  ]);
  assert.equal(heard, [
    `renew ${boot} 500\n`,
    `renew ${boot} 600\n`,
    "gate b.mount 7 /mnt/a b\n",
    "ungate b.mount\n",
    "forget b.mount\n",
  ]);
  advance(40);
  say("ok 104\nfar 104\nok 104\nok 104\nok 105\n");
  assert.equal(await all, ["ok", "far", undefined, undefined, undefined]);
  assert.equal(session.reading, { machineCs: 105, receivedAtMs: 40 });
});

test("a refused order rejects, and the session goes on", async () => {
  const { session, say } = await registered();
  const gate = session.gate("b.mount", 7);
  say("bad 105\n");
  assert.is(await codeOf(gate), "session-bad-request");
  const renew = session.renew(1);
  say("boot 106\n");
  assert.is(await renew, "boot");
});

test("the reading is kept fresh when nobody asks, with one question at a time", async () => {
  const { heard, say, advance } = await registered();
  advance(1000);
  advance(1000);
  advance(1000);
  assert.equal(heard, ["clock\n"]);
  say("ok 400\n");
  await tick();
  advance(1000);
  assert.equal(heard, ["clock\n", "clock\n"]);
});

test("refusals have codes", async () => {
  for (const [line, code] of [
    ["refused cluster abc", "session-cluster"],
    ["refused epoch 7 3", "session-epoch"],
    ["refused tools flock", "session-tools"],
    ["refused lock", "session-lock"],
    ["refused martians", "session-refused"],
  ]) {
    const { opening, say } = start();
    say(`${line}\n`);
    assert.is(await codeOf(opening), code);
  }
  const { session, say, life } = await registered();
  const renew = session.renew(1);
  say("refused superseded\n");
  assert.is(await codeOf(renew), "session-superseded");
  assert.is((await life.ended).code, "session-superseded");
});

test("nonsense, lines without end, and answers that nobody asked for end the connection", async () => {
  for (const text of [
    "hello\nend\n",
    "hello 1 2 3\nend\n",
    `${hello}unit\nend\n`,
    `${hello}gate a.service\nend\n`,
    "x".repeat(lineBytesMax + 1),
  ]) {
    const { opening, say } = start();
    say(text);
    assert.is(await codeOf(opening), "session-malformed");
  }
  const { say, life } = await registered();
  say("ok 5\n");
  assert.is((await life.ended).code, "session-malformed");
});

test("when the process ends, what it said on stderr is the reason, and nothing stays pending", async () => {
  const { opening, channel } = start();
  channel.push(null);
  const error = await opening.catch((reason) => reason);
  assert.is(error.message, "the session ended: sudo: a password is required");
  const { session, channel: other } = await registered();
  const renew = session.renew(1);
  other.push(null);
  assert.is(await codeOf(renew), "session-ended");
  assert.is(await codeOf(session.renew(2)), "session-ended");
});

test("a registration that is never answered times out", async () => {
  const { opening, advance } = start();
  advance(20_000);
  assert.is(await codeOf(opening), "timeout");
});

test.run();
