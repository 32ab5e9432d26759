import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FlotillaError } from "../error.ts";

/** What members run: this very Flotilla, bundled. */
export interface Release {
  /** `VERSION-HASH`: another content never has the same name. */
  readonly name: string;
  /** All of its files, as one tar stream. */
  pack(): Promise<Buffer>;
}

const parts = ["package.json", "bin", "dist", "templates", "units", "LICENSE", "NOTICE", "README.md"];
const needed = ["package.json", "bin/flotillad", "dist/flotillad.js", "dist/flotillactl.js"];
const packedBytesMax = 64 * 2 ** 20;
const hashDigits = 12;

/** The bundle that this program was started from. Throws "release-missing". */
export function findRelease(): Release {
  const root = findRoot();
  const missing = needed.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0)
    throw new FlotillaError("release-missing", `there is no bundle to install: no ${missing.join(", ")}`, {
      at: root,
      hint: "make it with `npx just build`",
    });
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const present = parts.filter((part) => existsSync(join(root, part)));
  return {
    name: `${version}-${hashOf(root, present)}`,
    pack: async () => {
      const options = { cwd: root, encoding: "buffer" as const, maxBuffer: packedBytesMax };
      const owner = ["--owner=0", "--group=0", "--numeric-owner"];
      return (await promisify(execFile)("tar", ["-cf", "-", ...owner, ...present], options)).stdout;
    },
  };
}

function findRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; directory !== dirname(directory); directory = dirname(directory))
    if (existsSync(join(directory, "package.json")) && existsSync(join(directory, "bin/flotillad")))
      return directory;
  throw new FlotillaError("release-missing", "Flotilla's own files are not beside this program", {
    at: start,
  });
}

function hashOf(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const files = statSync(join(root, path)).isDirectory() ? filesBelow(root, path) : [path];
    for (const file of files) {
      const content = readFileSync(join(root, file));
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex").slice(0, hashDigits);
}

function filesBelow(root: string, directory: string): string[] {
  const entries = readdirSync(join(root, directory), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${directory}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });
}
