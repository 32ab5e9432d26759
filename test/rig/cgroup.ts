import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { waitSync } from "./process.ts";

// nspawn --keep-unit puts its payload below the caller's cgroup: without cgroups of their own, in every hierarchy
// of the host, machines would share payload/system.slice/X.service, and a stop would wait for another machine.

const ROOT = "/sys/fs/cgroup";
const isUnified = existsSync(`${ROOT}/cgroup.controllers`);
/** Where the v2 tree is: hybrid hosts have it beside the v1 controllers. Freezing and killing go through it. */
const v2Root = isUnified ? ROOT : `${ROOT}/unified`;

/** The cgroups of one machine, one in each hierarchy of the host, the v2 one first. */
export function cgroupsOf(machine: string): string[] {
  if (isUnified) return [`${ROOT}/${machine}`];
  const hierarchies = readdirSync(ROOT, { withFileTypes: true })
    // cpuset of v1 takes no process before its cpus are set; links (cpu -> cpu,cpuacct) are the same hierarchy again.
    .filter((entry) => entry.isDirectory() && entry.name !== "cpuset" && entry.name !== "unified")
    .map((entry) => `${ROOT}/${entry.name}`);
  return [v2Root, ...hierarchies].map((root) => `${root}/${machine}`);
}

/** Why this host's cgroups will not do, or undefined. */
export function cgroupProblem(): string | undefined {
  return existsSync(`${v2Root}/cgroup.procs`) ? undefined : `no cgroup v2 tree at ${ROOT} or ${ROOT}/unified`;
}

/** SIGKILL for every process of the machine at once, frozen ones too: the supply of power is cut. */
export function killCgroup(machine: string): void {
  const kill = `${v2Root}/${machine}/cgroup.kill`;
  if (existsSync(kill)) writeFileSync(kill, "1");
}

/** Stops or resumes every process of the machine, as a hung host or a paused virtual machine does; waits until it took effect. */
export function setFrozen(machine: string, isFrozen: boolean): void {
  const wanted = isFrozen ? "1" : "0";
  writeFileSync(`${v2Root}/${machine}/cgroup.freeze`, wanted);
  const events = `${v2Root}/${machine}/cgroup.events`;
  const isDone = () => readFileSync(events, "utf8").includes(`frozen ${wanted}`);
  if (!waitSync(2_000, isDone))
    throw new Error(`${machine}: still not ${isFrozen ? "frozen" : "thawed"} after 2 s`);
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(`${directory}/${entry.name}`);
  }
  rmdirSync(directory);
}

/** Removes what is left of the machine's cgroups; their processes must be dead, which the kernel notices a little late. */
export function removeCgroups(machine: string): void {
  for (const cgroup of cgroupsOf(machine)) {
    const isRemoved = () => {
      try {
        if (existsSync(cgroup)) removeTree(cgroup);
      } catch {
        return false;
      }
      return true;
    };
    if (!waitSync(3_000, isRemoved)) throw new Error(`${cgroup} cannot be removed: it still has processes`);
  }
}

/** Names of the machines' cgroups that start with `prefix`, in any hierarchy. */
export function cgroupsStartingWith(prefix: string): string[] {
  const roots = cgroupsOf("x").map((path) => path.slice(0, -2));
  const names = roots.filter((root) => existsSync(root)).flatMap((root) => readdirSync(root));
  return [...new Set(names.filter((name) => name.startsWith(prefix)))];
}
