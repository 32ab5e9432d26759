import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sessionScript } from "../../src/lease/session.ts";

// The script as a plain process, in directories of its own, below a copy of bash that is called sshd.
const test = suite("session");
const home = mkdtempSync(`${tmpdir()}/flotilla-session-`);
const run = `${home}/run`;
const units = `${home}/units`;
const script = sessionScript.replaceAll("/run/flotilla", run).replaceAll("/run/systemd/system", units);
const sshd = `${home}/sshd`;
const limitMs = 5_000;
const open: ChildProcess[] = [];

interface Session {
  readonly child: ChildProcess;
  next(): Promise<string>;
  ask(line: string): Promise<string>;
  hello(): Promise<string[]>;
}

function connect(...args: readonly string[]): Session {
  const child = spawn(sshd, ["-c", 'bash -c "$0" flotilla-session "$@"; exit 0', script, ...args]);
  open.push(child);
  child.stdin.on("error", () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const late = new Promise<never>((_, reject) =>
      setTimeout(reject, limitMs, new Error("no answer")).unref(),
    );
    const { value, done } = await Promise.race([lines.next(), late]);
    return done ? "ended" : String(value);
  };
  const ask = (line: string) => {
    child.stdin.write(`${line}\n`);
    return next();
  };
  const hello = async () => {
    const got: string[] = [];
    for (let line = ""; line !== "end" && line !== "ended"; ) got.push((line = await next()));
    return got;
  };
  return { child, next, ask, hello };
}

/** The answer without its clock, which must be one. */
async function answer(session: Session, line: string): Promise<string> {
  const [word = "", now] = (await session.ask(line)).split(" ");
  assert.match(now ?? "", /^\d+$/);
  return word;
}

const boot = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const uptimeCs = () => Math.floor(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 100);

test.before(() => copyFileSync("/bin/bash", sshd));
test.before.each(() => {
  for (const directory of [run, units]) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
  }
});
test.after.each(async () => {
  for (const child of open.splice(0)) {
    const gone = child.exitCode ?? child.signalCode ?? once(child, "exit");
    child.stdin?.end();
    await gone;
  }
});
test.after(() => rmSync(home, { recursive: true, force: true }));

test("is bash, whole and quiet", () => {
  execFileSync("bash", ["-n", "-c", sessionScript]);
});

test("lists what is ours on the machine, then answers line by line", async () => {
  mkdirSync(`${units}/a@1.service.d`);
  writeFileSync(`${units}/a@1.service.d/zz-flotilla.conf`, "");
  mkdirSync(`${units}/other.service.d`);
  writeFileSync(`${run}/fenced`, "100\n100\n200\n");
  const first = connect("c1", "7", "1");
  const [hello, ...rest] = await first.hello();
  assert.match(hello ?? "", /^hello \d+ [0-9a-f-]{36} [0-9a-f]{32}$/);
  assert.equal(rest, ["unit a@1.service", "fenced 2", "end"]);
  assert.is(await answer(first, "gate mnt-a\\x20b.mount 3 /mnt/a  b"), "ok");
  assert.is(await answer(first, "gate a@1.service 12"), "ok");
  assert.is(readFileSync(`${run}/placed/a@1.service`, "utf8"), "12\n");
  const second = connect("c1", "7", "2");
  assert.equal((await second.hello()).slice(1), [
    "unit a@1.service",
    "gate a@1.service 12",
    "gate mnt-a\\x20b.mount 3",
    "mount mnt-a\\x20b.mount /mnt/a  b",
    "fenced 2",
    "end",
  ]);
  assert.is(await answer(second, "ungate a@1.service"), "ok");
  assert.is(await answer(second, "forget mnt-a\\x20b.mount"), "ok");
  assert.not.ok(existsSync(`${run}/placed/a@1.service`) || existsSync(`${run}/mounts/mnt-a\\x20b.mount`));
});

test("a renewal is checked against this boot and this clock", async () => {
  const session = connect("c1", "1", "1");
  await session.hello();
  const deadline = uptimeCs() + 300;
  assert.is(await answer(session, `renew ${boot()} ${deadline}`), "ok");
  assert.is(readFileSync(`${run}/deadline`, "utf8"), `${deadline}\n`);
  assert.is(await answer(session, `renew ${boot()} ${uptimeCs() + 100_000}`), "far");
  assert.is(await answer(session, `renew 00000000-0000-0000-0000-000000000000 ${deadline + 1}`), "boot");
  assert.is(readFileSync(`${run}/deadline`, "utf8"), `${deadline}\n`);
  assert.is(await answer(session, `renew ${boot()} 0`), "ok");
  assert.is(readFileSync(`${run}/deadline`, "utf8"), "0\n");
});

test("whatever else is said is answered by bad, and does nothing", async () => {
  const session = connect("c1", "1", "1");
  await session.hello();
  const lines = [
    "",
    "bogus",
    "renew",
    `renew ${boot()} 1e9`,
    `renew ${boot()} $(id)`,
    "gate ../a.service 1",
    "gate a.service",
    "gate a.service -1",
  ];
  const more = [
    "gate a.mount 1 relative",
    "gate a.mount 1 /mnt/*",
    "ungate ..",
    "forget /etc/passwd",
    "* * *",
    "gate a/b.service 1",
  ];
  for (const line of [...lines, ...more]) assert.is(await answer(session, line), "bad", line);
  assert.equal(
    execFileSync("find", [`${run}/placed`, `${run}/mounts`, "-type", "f"], { encoding: "utf8" }),
    "",
  );
});

test("pipelined lines are answered one by one, in order; a line may come in pieces", async () => {
  const session = connect("c1", "1", "1");
  await session.hello();
  session.child.stdin?.write("clock\nbogus\nclock\ncl");
  const words = [await session.next(), await session.next(), await session.next()].map(
    (line) => line.split(" ")[0],
  );
  assert.equal(words, ["ok", "bad", "ok"]);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assert.is(await answer(session, "ock"), "ok");
});

test("a mount that is still mounted is not forgotten", async () => {
  const session = connect("c1", "1", "1");
  await session.hello();
  assert.is(await answer(session, "gate proc.mount 1 /proc"), "ok");
  assert.is(await answer(session, "gate proc.mount 1 /elsewhere"), "bad");
  if (process.getuid?.() === 0) assert.is(await answer(session, "forget proc.mount"), "bad");
});

test("lower epochs and other clusters are refused; a higher one cuts the connections off, with all below them", async () => {
  const stale = connect("c1", "5", "2");
  await stale.hello();
  for (const [args, why] of [
    [["c1", "5", "2"], "refused epoch 5 2"],
    [["c1", "4", "9"], "refused epoch 5 2"],
    [["c2", "9", "1"], "refused cluster c1"],
    [["c1", "x", "1"], "refused usage"],
    [["c1", "6"], "refused usage"],
  ] as const)
    assert.is(await connect(...args).next(), why);
  assert.is(await answer(stale, "clock"), "ok");
  process.kill(stale.child.pid ?? 0, "SIGSTOP");
  const ended = once(stale.child, "exit");
  await connect("c1", "6", "1").hello();
  assert.equal(await ended, [null, "SIGKILL"]);
});

test("a cluster that names the one it takes the machine from is let in", async () => {
  await connect("c1", "90", "1").hello();
  assert.is((await connect("c2", "1", "1", "c1").hello()).at(-1), "end");
  assert.is(readFileSync(`${run}/epoch`, "utf8"), "c2 1 1\n");
  assert.is(await connect("c1", "91", "1").next(), "refused cluster c2");
});

test("when somebody deletes the directory, the connection ends by itself", async () => {
  const session = connect("c1", "1", "1");
  await session.hello();
  const ended = once(session.child, "exit");
  rmSync(run, { recursive: true });
  assert.equal(await ended, [null, "SIGKILL"]);
});

test.run();
