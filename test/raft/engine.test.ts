import { createRequire } from "node:module";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import "../../src/raft/engine.ts";

const heavy = /sqlite|rxjs|mqtt|@coaty[\\/]core/;

test("the engine comes without the database and the message broker of its package", () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.ok(loaded.some((path) => path.includes("consensus.raft")));
  assert.equal(
    loaded.filter((path) => heavy.test(path)),
    [],
  );
});

test("it can be bundled, and then needs no package", async () => {
  const { outputFiles } = await build({
    entryPoints: ["src/raft/member.ts"],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile: "member.js",
    logLevel: "silent",
    plugins: [
      {
        name: "engine-alone",
        setup: (bundler) =>
          bundler.onLoad({ filter: /non-ported[\\/]raft-controller\.js$/ }, () => ({
            contents: "exports.emptyRaftData = null;",
          })),
      },
    ],
  });
  assert.not.match(outputFiles[0]?.text ?? "", heavy);
});

test.run();
