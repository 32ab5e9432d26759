import { Duplex } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../../src/clock.ts";
import { FlotillaError } from "../../../src/error.ts";
import { openBus } from "../../../src/machine/dbus/bus.ts";
import { createLifetime } from "../../../src/machine/lifetime.ts";
import { openSystemd } from "../../../src/machine/systemd.ts";
import { unitPath } from "../../../src/machine/unit-path.ts";
import type { UnitState } from "../../../src/machine/unit-state.ts";
import { refused, returned, signalled } from "./peer.ts";

/** systemd's end of the bus: it remembers what came and sends what the test wants. */
function peer() {
  const heard: Buffer[] = [];
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      heard.push(chunk);
      done();
    },
  });
  return { stream, heard, say: (...messages: Buffer[]) => stream.push(Buffer.concat(messages)) };
}

const manager = "org.freedesktop.systemd1.Manager";
const removed = (job: string, unit: string, result: string) =>
  signalled("/org/freedesktop/systemd1", manager, "JobRemoved", "uoss", 1, job, unit, result);
const changed = (unit: string, active: string, sub: string) =>
  signalled(
    ...([unitPath(unit), "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as"] as const),
    "org.freedesktop.systemd1.Unit",
    [
      ["ActiveState", { signature: "s", value: active }],
      ["SubState", { signature: "s", value: sub }],
    ],
    [],
  );
const tick = () => new Promise((resolve) => setImmediate(resolve));

async function connected() {
  const { stream, heard, say } = peer();
  const life = createLifetime();
  const options = { at: "m1", clock: systemClock, life, uid: 0 };
  const opening = openBus(stream, options).then((bus) => openSystemd(bus, life));
  say(Buffer.from("OK 0123\r\n"));
  await tick();
  say(returned(1));
  return { systemd: await opening, heard, say, life, stream };
}

test("nothing is said before authentication was answered", async () => {
  const { stream, heard, say } = peer();
  const life = createLifetime();
  const opening = openBus(stream, { at: "m1", clock: systemClock, life, uid: 0 });
  assert.equal(heard.map(String), ["\0AUTH EXTERNAL 30\r\nBEGIN\r\n"]);
  say(Buffer.from("OK 0123\r\n"));
  const bus = await opening;
  const call = bus.call({ path: "/a", interface: "i.f", member: "M" });
  assert.is(heard.length, 2);
  say(returned(1, "s", "answer"));
  assert.equal(await call, ["answer"]);
});

test("a job that ended in the same chunk as the reply that names it is not missed", async () => {
  const { systemd, say } = await connected();
  const start = systemd.start("a.service");
  say(
    returned(2, "o", "/job/1"),
    removed("/job/9", "b.service", "failed"),
    removed("/job/1", "a.service", "done"),
  );
  assert.is(await start, "done");
});

test("two requests that systemd merged into one job both hear of its end", async () => {
  const { systemd, say } = await connected();
  const both = Promise.all([systemd.start("a.service"), systemd.start("a.service")]);
  say(returned(2, "o", "/job/1"), returned(3, "o", "/job/1"));
  await tick();
  say(removed("/job/1", "a.service", "dependency"));
  assert.equal(await both, ["dependency", "dependency"]);
});

test("states are told once, before the job's end", async () => {
  const { systemd, say } = await connected();
  const seen: (UnitState | string)[] = [];
  systemd.watch((state) => seen.push(state));
  const start = systemd.start("foo@1.service").then((result) => seen.push(result));
  say(
    returned(2, "o", "/job/1"),
    changed("foo@1.service", "active", "running"),
    changed("foo@1.service", "active", "running"),
  );
  say(removed("/job/1", "foo@1.service", "done"));
  await start;
  assert.equal(seen, [{ name: "foo@1.service", load: "loaded", active: "active", sub: "running" }, "done"]);
});

test("an error of systemd keeps its name as a code", async () => {
  const { systemd, say } = await connected();
  const start = systemd.start("a.service");
  say(refused(2, "org.freedesktop.systemd1.NoSuchUnit", "Unit a.service not found."));
  const error = await start.catch((reason) => reason);
  assert.ok(error instanceof FlotillaError);
  assert.equal(
    [error.code, error.message, error.at],
    ["systemd-no-such-unit", "Unit a.service not found.", "m1"],
  );
});

test("a malformed message ends everything that is pending, and no more is taken", async () => {
  const { systemd, say, life } = await connected();
  const start = systemd.start("a.service");
  const reload = systemd.reload();
  say(returned(2, "o", "/job/1"));
  await tick();
  say(Buffer.from("this is no message at all"));
  for (const pending of [start, reload, systemd.reload()])
    assert.is((await pending.catch((error) => error)).code, "dbus-malformed");
  assert.is((await life.ended).code, "dbus-malformed");
});

test("the end of the stream is the end of the bus, and an answer that never comes is a timeout", async () => {
  const { systemd, stream, life } = await connected();
  stream.push(null);
  assert.is((await life.ended).code, "dbus-closed");
  assert.is((await systemd.reload().catch((error) => error)).code, "dbus-closed");

  const other = peer();
  const fast = { ...systemClock, after: (_delayMs: number, run: () => void) => systemClock.after(5, run) };
  const opening = openBus(other.stream, { at: "m1", clock: fast, life: createLifetime(), uid: 0 });
  assert.is((await opening.catch((error) => error)).code, "timeout");
});

test.run();
