import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUnitFile } from "../../src/unit/file.ts";
import { canonicalText, unitHash } from "../../src/unit/hash.ts";

const hashOf = (text: string) => unitHash(parseUnitFile(text, "x"));

// What fleet v1.0.0 printed in list-unit-files --full for these files.
const mount = `[Unit]
Description=Shared data directory

[Mount]
What=/srv/shared
Where=/mnt/data
Type=none
Options=bind

[X-Fleet]
Global=true
`;
const redis = `[Unit]
Description=Redis server
Requires=mnt-data.mount
After=mnt-data.mount
RequiresMountsFor=/mnt/data

[Service]
ExecStart=/usr/bin/redis-server --bind 0.0.0.0 --protected-mode no --dir /mnt/data
Restart=always

[X-Fleet]
`;
const hello = `[Unit]
Description=Hello DB worker %i
After=app-redis.service

[Service]
ExecStart=/bin/sh -c 'while true; do echo "hello from %i"; sleep 5; done'
Restart=always

[X-Fleet]
Conflicts=app-hellodb@*.service
`;

test("the hashes that fleet had", () => {
  assert.is(hashOf(mount), "c14d9219bd87945b0f04dde65b2437ec6c4c323d");
  assert.is(hashOf(redis), "2000033e88764ff0254b9c7b8f523f184f52c159");
  assert.is(hashOf(hello), "212b206feabf59f71bacca27df2d7b4fffd4b988");
  assert.is(
    hashOf(redis.replace("Redis server", "Redis server v2")),
    "c4c12c89f0a887e18a7b0c88f934b30fd772bc3f",
  );
});

test("comments, blanks and empty sections do not count; sections are brought together", () => {
  assert.is(hashOf(`# note\n${redis.replace("Restart=", "\n  Restart = ")}`), hashOf(redis));
  assert.is(
    canonicalText(parseUnitFile("[A]\nx=1 \\\n  2\n[E]\n[B]\ny=\n[A]\nz=3\n", "x")),
    "[A]\nx=1 \\\n  2\nz=3\n\n[B]\ny=\n",
  );
});

test("the canonical text is its own canonical text", () => {
  const line = fc.constantFrom("[A]", "[B]", "x=1", "y=", "z=a \\", "# c", "", "  w = 2");
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const once = canonicalText(parseUnitFile(`[S]\n${lines.join("\n")}\n\n[T]`, "x"));
      assert.is(canonicalText(parseUnitFile(once, "x")), once);
    }),
  );
});

test.run();
