// The test runner: every test file is a process of its own; `run.ts [PART_OF_A_FILE_NAME...]`.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Outcome, readOutcome, summary } from "./outcome.ts";
import { rigAvailable } from "./rig/available.ts";
import { buildBase } from "./rig/image.ts";
import { installPackages } from "./rig/install.ts";
import { removeAbandonedRigs } from "./rig/remove.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const LIMIT_MS = 180_000;
/** How long a file may take to clean up after it was told to end. */
const CLEANUP_MS = 15_000;
/** The pure files run two at a time; those with machines one after another, for they are timed. */
const PURE_AT_ONCE = 2;
const OUTPUT_LIMIT = 1 << 20;

const needsMachines = (file: string) => file.startsWith("test/rig/");
const running = new Set<number>();
let isInterrupted = false;

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Tells a file's process group to end, and makes it end when it does not. */
function end(pid: number): void {
  signalGroup(pid, "SIGTERM");
  setTimeout(() => running.has(pid) && signalGroup(pid, "SIGKILL"), CLEANUP_MS).unref();
}

/** Runs one file to its end; gives its output and, unless it ended well, how it ended. */
function runFile(file: string): Promise<{ output: string; ending: string | undefined }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", file], {
      cwd: root,
      detached: true,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.on("error", reject);
    const pid = child.pid;
    if (pid === undefined) return;
    running.add(pid);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => (output = (output + chunk).slice(-OUTPUT_LIMIT)));
    }
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      end(pid);
    }, LIMIT_MS);
    child.on("exit", (status, signal) => {
      clearTimeout(limit);
      running.delete(pid);
      // What the file left running would hold the pipes open, and outlive us.
      signalGroup(pid, "SIGKILL");
      if (signal === "SIGKILL" && needsMachines(file)) removeAbandonedRigs();
      const ending = signal === null ? `exit ${status}` : `ended by ${signal}`;
      const isDone = status === 0 && !isLate;
      child.once("close", () =>
        resolve({
          output,
          ending: isLate ? `not done after ${LIMIT_MS / 1000} s` : isDone ? undefined : ending,
        }),
      );
    });
  });
}

function report(file: string, seconds: number, outcome: Outcome, output: string): void {
  const time = `${seconds.toFixed(1)} s`;
  if (outcome.failed > 0) {
    const note = outcome.note === undefined ? "" : ` (${outcome.note})`;
    console.log(`FAIL  ${file}  ${outcome.failed} failed, ${outcome.passed} passed, ${time}${note}`);
    console.log(output.replace(/^/gm, "    "));
  } else if (outcome.note !== undefined) console.log(`SKIP  ${file}: ${outcome.note}`);
  else console.log(`ok    ${file}  ${outcome.passed} passed, ${time}`);
}

/** Runs the files, `atOnce` at a time. */
async function runFiles(files: readonly string[], atOnce: number): Promise<Outcome[]> {
  const queue = [...files];
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined && !isInterrupted; file = queue.shift()) {
      const start = performance.now();
      const { output, ending } = await runFile(file);
      const outcome = readOutcome(output, ending);
      if (!isInterrupted) report(file, (performance.now() - start) / 1000, outcome, output);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

function testFiles(filters: readonly string[]): string[] {
  return readdirSync(`${root}/test`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `test/${file}`)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    for (const pid of running) end(pid);
  });
}

/** Readies what machines need, outside of any test's time limit. Where that cannot be, the tests say why they skip. */
async function prepareMachines(): Promise<void> {
  try {
    await installPackages(console.log);
    if (rigAvailable() === undefined) await buildBase(console.log);
  } catch (error) {
    console.log(`no machines: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function runMachineFiles(files: readonly string[]): Promise<Outcome[]> {
  if (files.length > 0 && !isInterrupted) await prepareMachines();
  return runFiles(files, 1);
}

const files = testFiles(process.argv.slice(2));
const outcomes = [
  ...(await runFiles(
    files.filter((file) => !needsMachines(file)),
    PURE_AT_ONCE,
  )),
  ...(await runMachineFiles(files.filter(needsMachines))),
];
if (isInterrupted) process.exit(130);
if (files.length === 0) console.log(`no test file matches ${process.argv.slice(2).join(" ")}`);
console.log(summary(outcomes));
process.exit(files.length === 0 || outcomes.some((outcome) => outcome.failed > 0) ? 1 : 0);
