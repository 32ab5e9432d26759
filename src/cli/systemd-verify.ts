import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlotillaError } from "../error.ts";
import type { RenderedUnit } from "../template/render.ts";

const verifyTimeoutMs = 20_000;

/** What `systemd-analyze verify` says of a unit, one line each. */
export interface Verdict {
  readonly faults: readonly string[];
  /** Programs that are missing here; they may exist on the machines. */
  readonly missing: readonly string[];
}

/**
 * Lets this host's systemd check a unit. It counts as a fault what systemd would ignore, such as an unknown option.
 * @throws FlotillaError `systemd-analyze-failed` if there is no systemd-analyze (252 or later) to ask
 */
export async function verifyWithSystemd(unit: RenderedUnit): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), "flotilla-verify-"));
  try {
    const file = join(directory, unit.name);
    await writeFile(file, unit.text);
    const lines = (await analyze(file)).split("\n").filter((line) => line !== "");
    const shown = lines.map((line) => line.replaceAll(`${directory}/`, ""));
    const isMissing = (line: string) =>
      /: Command .* is not executable: No such file or directory$/.test(line);
    return { faults: shown.filter((line) => !isMissing(line)), missing: shown.filter(isMissing) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Units that this one refers to are not looked at: they are on the machines, not here. */
function analyze(file: string): Promise<string> {
  const args = ["verify", "--man=no", "--recursive-errors=no", file];
  const options = { timeout: verifyTimeoutMs, env: { ...process.env, LC_ALL: "C", SYSTEMD_COLORS: "0" } };
  return new Promise((resolve, reject) => {
    execFile("systemd-analyze", args, options, (error, _, stderr) => {
      // An exit status with nothing said would otherwise pass for a good unit.
      const isTrouble = error !== null && (typeof error.code !== "number" || stderr.trim() === "");
      if (!isTrouble) return resolve(stderr);
      reject(
        new FlotillaError("systemd-analyze-failed", "cannot run systemd-analyze", {
          hint: "run it on a host with systemd 252 or later, or leave out --verify",
          cause: error,
        }),
      );
    });
  });
}
