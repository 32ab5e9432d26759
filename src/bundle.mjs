// Bundles the two programs into dist/: plain JavaScript that runs on any machine with Node 20 and nothing else.
// Code that one verb alone needs is split off, so that the client starts in a blink.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { build } from "esbuild";

/** The engine's ported/ folder takes one constant, null, from a module that would pull in sqlite, rxjs and mqtt. */
const engineAlone = {
  name: "engine-alone",
  setup(b) {
    b.onLoad({ filter: /non-ported[\\/]raft-controller\.js$/ }, () => ({
      contents: "exports.emptyRaftData = null;",
      loader: "js",
    }));
  },
};
/** ssh2's native accelerators are optional and never built here. */
const noNativeCode = {
  name: "no-native-code",
  setup(b) {
    b.onResolve({ filter: /\.node$|^cpu-features$/ }, (args) => ({ path: args.path, namespace: "absent" }));
    b.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: 'throw new Error("not built")' }));
  },
};

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const { metafile } = await build({
  entryPoints: { flotillactl: "src/cli/main.ts", flotillad: "src/daemon/main.ts" },
  outdir: "dist.new",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  chunkNames: "chunk/[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  // ssh2 looks for a helper of Windows beside itself as it is loaded; an ES module has no __dirname.
  define: { FLOTILLA_VERSION: JSON.stringify(version), __dirname: '"."' },
  external: ["systemd-journald", "fsevents", "chokidar"],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [engineAlone, noNativeCode],
  logLevel: "warning",
});

/** The licences of everything that was bundled: they travel with it. */
function licences(inputs) {
  const packages = new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    return [
      `${name} ${version} (${license})`,
      ...texts.map((file) => readFileSync(`${folder}/${file}`, "utf8")),
    ].join("\n\n");
  });
}
writeFileSync(
  "dist.new/LICENSES.txt",
  licences(Object.keys(metafile.inputs)).join(`\n\n${"-".repeat(80)}\n\n`),
);

// Whoever runs the old bundle right now goes on with it.
await rm("dist.old", { recursive: true, force: true });
await rename("dist", "dist.old").catch(() => {});
await rename("dist.new", "dist");
await rm("dist.old", { recursive: true, force: true });
