import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { cgroupsOf, killCgroup, removeCgroups } from "./cgroup.ts";
import { baseImage } from "./image.ts";
import { removePort } from "./network.ts";
import { readPidFile, signal, waitSync, writePidFile } from "./process.ts";

/** What the host needs to know to run a machine. */
export interface Chassis {
  /** Where its disk, its console log and its pid files are. */
  readonly directory: string;
  /** Its name among all rigs: `fl17m1`. */
  readonly fullName: string;
  /** Its host name: `m1`. */
  readonly name: string;
  /** Further arguments for systemd-nspawn: what is bound into the machine. */
  readonly nspawnArguments: readonly string[];
  /** Its boot clock shows this much more than the host's, in seconds; undefined: the host's own clock. */
  readonly bootClockOffsetS: number | undefined;
}

const supervise = new URL("./supervise.sh", import.meta.url).pathname;

/** The process of systemd-nspawn or, on its way there, of the shell that becomes it; undefined when off or between two boots. */
const nspawnPid = (directory: string): number | undefined => readPidFile(`${directory}/nspawn.pid`);

/** The process that keeps the machine on, reboots included; undefined when the power is off. */
export const supervisorPid = (directory: string): number | undefined =>
  readPidFile(`${directory}/supervisor.pid`);

/** The machine's PID 1, as the host numbers it; undefined before it runs. */
export function initPid(directory: string): number | undefined {
  const nspawn = nspawnPid(directory);
  if (nspawn === undefined) return undefined;
  try {
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, "utf8").trim().split(" ");
    // nspawn's own helpers are its children too, for a moment: the init is 1 in the innermost pid namespace.
    const isInit = (pid: string) => /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    return children
      .filter((pid) => pid !== "")
      .map(String)
      .filter(isInit)
      .map(Number)[0];
  } catch {
    return undefined;
  }
}

/** Switches the power on; returns when the supervisor has been started. */
export function powerOn(chassis: Chassis): void {
  const console = openSync(`${chassis.directory}/console.log`, "a");
  const clock =
    chassis.bootClockOffsetS === undefined
      ? []
      : ["unshare", "--time", "--boottime", String(chassis.bootClockOffsetS)];
  const nspawn = [
    ...["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--link-journal=no"],
    ...["--resolv-conf=off", "--timezone=off", `--directory=${chassis.directory}/root`],
    ...[`--machine=${chassis.fullName}`, `--hostname=${chassis.name}`, ...chassis.nspawnArguments],
  ];
  const child = spawn(
    "unshare",
    [
      ...["--mount", "--propagation", "slave", "bash", supervise, chassis.directory, baseImage],
      ...[cgroupsOf(chassis.fullName).join(" "), ...clock, ...nspawn],
    ],
    // A session of its own: Ctrl-C at the terminal is for us, and we cut the power in our own order.
    {
      detached: true,
      stdio: ["ignore", console, console],
      // nspawn's locks would be left behind by a power cut, and nobody else can know this directory.
      env: { ...process.env, SYSTEMD_NSPAWN_LOCK: "0" },
    },
  );
  closeSync(console);
  child.unref();
  // Written here and now: whoever cuts the power a moment later must find the supervisor.
  if (child.pid !== undefined) writePidFile(`${chassis.directory}/supervisor.pid`, child.pid);
}

/** Cuts the power: all processes of the machine die at once. Its disk stays. */
export function cutPower(directory: string, fullName: string): void {
  // The supervisor first, with nspawn in its process group: it must not boot the machine again.
  const supervisor = supervisorPid(directory);
  if (supervisor !== undefined) signal(-supervisor, "SIGKILL");
  killCgroup(fullName);
}

/** Removes what a machine without power left on the host: processes, its port, its cgroups, nspawn's directories. */
export function sweep(directory: string, fullName: string): void {
  const isOff = () => supervisorPid(directory) === undefined && nspawnPid(directory) === undefined;
  if (!waitSync(5_000, isOff)) throw new Error(`${fullName}: its processes do not end (${directory})`);
  removeCgroups(fullName);
  removePort(fullName);
  for (const pidFile of ["supervisor.pid", "nspawn.pid"]) rmSync(`${directory}/${pidFile}`, { force: true });
  for (const left of ["propagate", "unix-export"]) {
    rmSync(`/run/systemd/nspawn/${left}/${fullName}`, { recursive: true, force: true });
  }
}

/** The end of the machine's console, for error messages. */
export function consoleTail(directory: string): string {
  const log = `${directory}/console.log`;
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-12).join("\n") : "";
}
