import { mkdir, readFile, rm } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { type Edit, mutants } from "./mutants.ts";
import type { simulate } from "./whole/run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The simulation with a bug planted in a copy of the source. Throws when the source has no such text any more. */
export async function plant(name: string | undefined): Promise<typeof simulate> {
  if (name !== undefined && !mutants[name]) throw new Error(`mutants are ${Object.keys(mutants).join(", ")}`);
  const edits = name === undefined ? [] : (mutants[name]?.edits ?? []);
  const directory = `${root}node_modules/.cache/flotilla-sim/${process.pid}-${name}`;
  const outfile = `${directory}/run.mjs`;
  await mkdir(directory, { recursive: true });
  try {
    await build({
      entryPoints: [`${root}test/sim/whole/run.ts`],
      ...{ outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" },
      // Some packages are CommonJS and ask for Node's own modules.
      banner: {
        js: 'import { createRequire as requireFor } from "node:module"; const require = requireFor(import.meta.url);',
      },
      plugins: [engineAlone, edited(edits)],
    });
    return (await import(pathToFileURL(outfile).href)).simulate;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** As in src/bundle.mjs: the engine takes one constant, null, from a module that would pull in a database. */
const engineAlone: Plugin = {
  name: "engine-alone",
  setup: (bundle) =>
    bundle.onLoad({ filter: /non-ported[\\/]raft-controller\.js$/ }, () => ({
      contents: "exports.emptyRaftData = null;",
      loader: "js",
    })),
};

function edited(edits: readonly Edit[]): Plugin {
  return {
    name: "planted",
    setup: (bundle) => {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const filter = new RegExp(`/${file.replaceAll(".", "\\.")}$`);
        bundle.onLoad({ filter }, async ({ path }) => {
          let contents = await readFile(path, "utf8");
          for (const { find, replace } of edits.filter((edit) => edit.file === file)) {
            if (contents.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`);
            contents = contents.replace(find, () => replace);
          }
          return { contents, loader: "ts" };
        });
      }
    },
  };
}
