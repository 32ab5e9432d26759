import { execFile } from "node:child_process";

const LIMIT_MS = 120_000;

/** Runs a program of Flotilla on the host, as its operator would, to its end. */
export function start(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const options = {
    timeout: LIMIT_MS,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, stdout, stderr }),
    );
  });
}
