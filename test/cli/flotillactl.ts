import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** What a program did. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

const source = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** A program that takes longer hangs. */
const maxRunMs = 20_000;

/** Bootstrap brings the whole cluster along, and has tests of its own. */
const withoutBootstrap: Plugin = {
  name: "without-bootstrap",
  setup: (bundle) =>
    bundle.onLoad({ filter: /cli\/bootstrap\.ts$/ }, () => ({ contents: "export function register() {}" })),
};

/** The client as it is shipped, in a directory of its own, so that start-up and exit are the real ones. */
export async function buildClient(): Promise<{ file: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "flotillactl-"));
  const remove = () => rm(directory, { recursive: true });
  await build({
    entryPoints: { flotillactl: source },
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    define: { FLOTILLA_VERSION: '"0.1.0"' },
    external: ["fsevents", "chokidar"],
    plugins: [withoutBootstrap],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: "error",
  }).catch(async (error) => {
    await remove();
    throw error;
  });
  return { file: join(directory, "flotillactl.mjs"), remove };
}

/** Runs it; `interrupt` is the Ctrl-C. */
export function runClient(
  file: string,
  args: readonly string[],
  options: { endpoint: string; cwd?: string; interrupt?: AbortSignal },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: options.cwd ?? tmpdir(),
      env: { PATH: process.env["PATH"], FLOTILLACTL_ENDPOINT: options.endpoint },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: maxRunMs,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", reject);
    options.interrupt?.addEventListener("abort", () => child.kill("SIGINT"));
    child.on("close", (exitCode) => resolve({ stdout, stderr, exitCode }));
  });
}
