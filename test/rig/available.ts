import { existsSync } from "node:fs";
import { cgroupProblem } from "./cgroup.ts";
import { missingPackages } from "./install.ts";

/** Why real machines cannot be booted on this host, in words for a person; undefined when they can. */
export function rigAvailable(): string | undefined {
  if (process.platform !== "linux") return `needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "needs root to boot machines with systemd-nspawn";
  const missing = missingPackages();
  if (missing.length > 0) return `not installed: ${missing.join(", ")} (\`just rig install\` does it)`;
  if (!existsSync("/proc/self/ns/net")) return "the kernel has no network namespaces";
  return cgroupProblem();
}
