import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSets, renderArgument } from "../../src/template/settings.ts";
import { parseUnit } from "../../src/unit/unit.ts";

test("--set: empty values, values with =, repeated names", () => {
  assert.equal(parseSets(["a=", "b=c=d", "e=1", "e=2", "e=3"]), { a: "", b: "c=d", e: ["1", "2", "3"] });
  for (const set of ["a", "=b", ""]) assert.throws(() => parseSets([set]), /is not NAME=VALUE/);
});

test("a values file in TOML or JSON, and --set above it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "settings-"));
  try {
    const toml = join(directory, "v.toml");
    const json = join(directory, "v.json");
    writeFileSync(toml, 'port = 7000\nname = "r"\n');
    writeFileSync(json, '{"port": 7000, "bind": ["::1", "127.0.0.1"]}');
    const first = await renderArgument("redis.service", ["port=7001"], toml);
    assert.is(first.name, "r.service");
    assert.match(first.text, "--port 7001 ");
    assert.match((await renderArgument("redis.service", [], json)).text, "--port 7000 --bind ::1 127.0.0.1 ");
    writeFileSync(json, "[1]");
    for (const file of [json, join(directory, "none.toml")])
      try {
        await renderArgument("redis.service", [], file);
        assert.unreachable();
      } catch (error) {
        assert.match(String(error), /holds no names|cannot read values/);
      }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the shipped redis fits the shipped mounts", async () => {
  const redis = await renderArgument("redis.service.njk", ["mount=/srv/my data", "port=6380"]);
  const mount = await renderArgument("bind.mount.njk", ["where=/srv/my data", "what=/nas/a"]);
  const nfs = await renderArgument("nfs.mount.njk", [
    "where=/srv/my data",
    "server=nas",
    "export=/a",
    "global=no",
  ]);
  const unit = parseUnit(redis.name, redis.text);
  assert.equal(unit.requires, [mount.name]);
  assert.equal(unit.mountsFor, [parseUnit(mount.name, mount.text).mount?.where]);
  assert.is(nfs.name, mount.name);
  assert.is(parseUnit(mount.name, mount.text).fleet.isGlobal, true);
  assert.is(parseUnit(nfs.name, nfs.text).fleet.isGlobal, false);
});

test("the shipped instance template", async () => {
  const sets = [
    "name=web",
    "command=/bin/echo",
    "command=hello $x %i",
    "metadata=disk=ssd",
    "after=db.service",
  ];
  const { name, text } = await renderArgument("instance@.service", [...sets, "environment=A=b c"]);
  assert.is(name, "web@.service");
  assert.is(
    text,
    `[Unit]
Description=web, instance %i

[Service]
ExecStart=/bin/echo "hello $$x %i"
Environment="A=b c"
Restart=always
RestartSec=3
TimeoutStopSec=10

[X-Fleet]
Conflicts=web@*.service
MachineMetadata=disk=ssd

[X-Flotilla]
After=db.service
`,
  );
  assert.is((await renderArgument("instance@.service", [...sets, "instance=7"])).name, "web@7.service");
});

test.run();
