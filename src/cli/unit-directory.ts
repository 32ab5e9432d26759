import { execFile } from "node:child_process";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FlotillaError } from "../error.ts";
import type { RenderedUnit } from "../template/render.ts";

export type Outcome = "created" | "updated" | "unchanged";

/** Writes a unit file, whole or not at all, if its text is another. */
export async function writeUnit(directory: string, unit: RenderedUnit): Promise<Outcome> {
  const file = join(directory, unit.name);
  try {
    const before = await textOf(file);
    if (before === unit.text) return "unchanged";
    await mkdir(directory, { recursive: true });
    const temporary = join(directory, `.${unit.name}.${process.pid}`);
    await writeFile(temporary, unit.text);
    await rename(temporary, file);
    return before === undefined ? "created" : "updated";
  } catch (cause) {
    throw new FlotillaError("unit-not-written", `cannot write ${file}`, { cause });
  }
}

/** What writeUnit() would change, as a unified diff; empty if nothing. */
export async function diffUnit(directory: string, unit: RenderedUnit): Promise<string> {
  const file = join(directory, unit.name);
  const before = await textOf(file);
  const args = ["-u", "-L", before === undefined ? "/dev/null" : file, "-L", file];
  return new Promise((resolve, reject) => {
    const diff = execFile(
      "diff",
      [...args, before === undefined ? "/dev/null" : file, "-"],
      (error, stdout) => {
        // 1 says that they differ, everything above is trouble.
        if (error === null || error.code === 1) return resolve(stdout);
        reject(
          new FlotillaError("diff-failed", "cannot run diff", { hint: "install diffutils", cause: error }),
        );
      },
    );
    // Without a reader (no diff program) the callback above tells.
    diff.stdin?.on("error", () => {});
    diff.stdin?.end(unit.text);
  });
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
