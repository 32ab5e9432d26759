import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { register as registerRender } from "../../src/cli/render.ts";
import { register as registerTemplates } from "../../src/cli/templates.ts";
import { FlotillaError } from "../../src/error.ts";

const test = suite<{ directory: string }>("render");
test.before.each((context) => {
  context.directory = mkdtempSync(join(tmpdir(), "render-"));
});
test.after.each(({ directory }) => rmSync(directory, { recursive: true }));

/** Runs one verb in this process and gives what it printed, its exit status and its error. */
async function run(
  ...args: string[]
): Promise<{ out: string; status: number; error: FlotillaError | undefined }> {
  const program = new Command();
  registerRender(program);
  registerTemplates(program);
  const printed: string[] = [];
  const { stdout, stderr } = process;
  const write = { stdout: stdout.write, stderr: stderr.write };
  const capture = (chunk: string | Uint8Array) => printed.push(String(chunk)) > 0;
  stdout.write = capture;
  stderr.write = capture;
  let error: FlotillaError | undefined;
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof FlotillaError)) throw thrown;
    error = thrown;
  } finally {
    stdout.write = write.stdout;
    stderr.write = write.stderr;
  }
  const status = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  return { out: printed.join(""), status, error };
}

test("without -o the unit goes to the standard output", async () => {
  const { out } = await run("render", "bind.mount", "--set", "what=/nas/a", "--set", "global=no");
  assert.is(
    out,
    "[Unit]\nDescription=/nas/a on /mnt/data\n\n[Mount]\nWhat=/nas/a\nWhere=/mnt/data\nType=none\nOptions=bind\nTimeoutSec=10\n",
  );
});

test("-o writes once, and says what it did", async ({ directory }) => {
  const file = join(directory, "new", "app-redis.service");
  const args = ["render", "redis.service", "-o", join(directory, "new")];
  assert.is((await run(...args)).out, `${file} created\n`);
  assert.is((await run(...args)).out, `${file} unchanged\n`);
  assert.is((await run(...args, "--set", "port=6380")).out, `${file} updated\n`);
  assert.match(readFileSync(file, "utf8"), "--port 6380");
  assert.equal(readdirSync(join(directory, "new")), ["app-redis.service"]);
});

test("--diff shows, writes nothing, and exits with 1 if anything would change", async ({ directory }) => {
  const args = ["render", "redis.service", "-o", directory];
  const file = join(directory, "app-redis.service");
  const first = await run(...args, "--diff");
  assert.is(first.status, 1);
  assert.match(first.out, `--- /dev/null\n+++ ${file}\n@@ -0,0 +1,`);
  assert.equal(readdirSync(directory), []);
  await run(...args);
  assert.equal(await run(...args, "--diff"), { out: "", status: 0, error: undefined });
  const changed = await run(...args, "--diff", "--set", "port=6380");
  assert.match(changed.out, /\n-ExecStart=.*--port 6379.*\n\+ExecStart=.*--port 6380/);
  assert.is(changed.status, 1);
  assert.is((await run("render", "redis.service", "--diff")).error?.code, "usage");
});

test("--verify tells a missing program from a fault", async ({ directory }) => {
  if (spawnSync("systemd-analyze", ["--version"]).error) return;
  const good = join(directory, "good.service.njk");
  const bad = join(directory, "bad.service.njk");
  const head = '{#---\nsummary = "s"\n---#}\n[Service]\n';
  writeFileSync(good, `${head}ExecStart=/nowhere/x\n[X-Fleet]\nGlobal=true\n[X-Flotilla]\nExclusive=no\n`);
  writeFileSync(bad, `${head}ExecStart=/bin/true\nFoo=1\n`);
  const { out, error } = await run("render", good, "--verify", "-o", join(directory, "out"));
  assert.is(error, undefined);
  assert.match(out, "Note: good.service: Command /nowhere/x is not executable");
  const refused = await run("render", bad, "--verify", "-o", join(directory, "out"));
  assert.is(refused.error?.code, "verify-failed");
  assert.is(refused.error?.message, "bad.service:3: Unknown key 'Foo' in section [Service], ignoring.");
  assert.equal(readdirSync(join(directory, "out")), ["good.service"]);
});

test("every shipped template passes --verify", async () => {
  if (spawnSync("systemd-analyze", ["--version"]).error) return;
  const sets = (...pairs: string[]) => pairs.flatMap((pair) => ["--set", pair]);
  for (const args of [
    ["redis.service", ...sets("mount=/srv/my data")],
    ["bind.mount", ...sets("what=/nas/a", "where=/srv/my data")],
    ["nfs.mount", ...sets("server=nas", "export=/a b")],
    [
      "instance@.service",
      ...sets("name=w", "command=/bin/echo", 'command=a "b" $c %% \\', "environment=A=b c"),
    ],
  ])
    assert.is((await run("render", ...args, "--verify")).error, undefined, args[0]);
});

test("templates lists and explains", async () => {
  assert.match((await run("templates")).out, /^TEMPLATE\t+MEANING\nbind.mount\t+A directory/);
  assert.match(
    (await run("templates", "redis.service")).out,
    "  port (integer, default 6379)\n      TCP port",
  );
  const [nfs] = JSON.parse((await run("templates", "nfs.mount", "--json")).out);
  assert.equal(nfs.parameters[0], {
    name: "server",
    type: "string",
    default: null,
    required: true,
    meaning: "name or address of the NFS server",
  });
});

test.run();
