import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createClient } from "../../src/api/client.ts";
import { sleep, systemClock } from "../../src/clock.ts";

// flotillad as somebody starts it by hand: without a configuration it is a cluster of one.

const main = fileURLToPath(new URL("../../src/daemon/main.ts", import.meta.url));
const READY_MS_MAX = 15_000;
const directory = mkdtempSync(join(tmpdir(), "flotillad-"));
const dataDirectory = join(directory, "deep", "data");
const running = new Set<ChildProcess>();
test.after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

function flotillad(socket: string) {
  const args = ["--data-dir", dataDirectory, "--socket", join(directory, socket)];
  const stdio = ["ignore", "ignore", "pipe"] as const;
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    stdio: [...stdio],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  running.add(child);
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const exited = once(child, "exit").then(([code]) => {
    running.delete(child);
    return { code: Number(code), stderr };
  });
  return { child, exited };
}

async function untilServed(socket: string): Promise<void> {
  const limitAt = systemClock.now() + READY_MS_MAX;
  while (!existsSync(join(directory, socket))) {
    if (systemClock.now() > limitAt) throw new Error("flotillad does not serve its socket");
    await sleep(systemClock, 50);
  }
}

const clientOf = (socket: string) =>
  createClient({ endpoint: { kind: "unix", path: join(directory, socket) }, clock: systemClock });
const unit = { name: "a.service", text: "[Service]\nExecStart=/bin/true\n" };

test("it makes its data directory and leads itself; another on the same directory is refused", async () => {
  const first = flotillad("first.sock");
  await untilServed("first.sock");
  await clientOf("first.sock").submit({ units: [unit] });

  const second = await flotillad("second.sock").exited;
  assert.is(second.code, 1);
  assert.match(
    second.stderr,
    `Error: ${dataDirectory}: another flotillad works in this data directory\nHint: `,
  );

  first.child.kill("SIGTERM");
  assert.is((await first.exited).code, 0);
});

test("killed and started again, it has what it acknowledged", async () => {
  const third = flotillad("third.sock");
  await untilServed("third.sock");
  await clientOf("third.sock").submit({ units: [{ ...unit, name: "b.service" }] });
  third.child.kill("SIGKILL");
  await third.exited;

  const next = flotillad("next.sock");
  await untilServed("next.sock");
  const { units } = await clientOf("next.sock").units();
  assert.equal(
    units.map(({ name }) => name),
    ["a.service", "b.service"],
  );
  next.child.kill("SIGTERM");
  await next.exited;
});

test.run();
