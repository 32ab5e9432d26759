import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { openRig, type Rig, type RigOptions, rigAvailable } from "./rig.ts";

/**
 * Opens a rig named after the test file (pass `import.meta.url`). Where no machines can be booted it says so,
 * which the test runner counts as skipped, and ends the process.
 */
export async function openTestRig(testFile: string, options: Omit<RigOptions, "name">): Promise<Rig> {
  const file = relative(process.cwd(), fileURLToPath(testFile));
  const reason = rigAvailable();
  if (reason !== undefined) {
    console.log(`SKIP ${file}: ${reason}`);
    process.exit(0);
  }
  return await openRig({ ...options, name: `test-${basename(file, ".test.ts")}` });
}
