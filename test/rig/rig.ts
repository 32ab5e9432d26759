import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { rigAvailable } from "./available.ts";
import { claimNumber } from "./claim.ts";
import { ensureKey, prepareDisk } from "./disk.ts";
import { buildBase } from "./image.ts";
import { type Machine, machineIn } from "./machine.ts";
import { createBridges, subnetOf } from "./network.ts";
import { writePidFile } from "./process.ts";
import { ownerOf, removeAbandonedRigs, removeRig, rigDirectory } from "./remove.ts";
import { openStorage, type Storage } from "./storage.ts";

export { rigAvailable } from "./available.ts";
export type { Machine } from "./machine.ts";
export { removeRig } from "./remove.ts";
export type { Storage } from "./storage.ts";

/** Machines on a network of their own, with shared storage. */
export interface Rig {
  readonly name: string;
  readonly directory: string;
  readonly machines: readonly Machine[];
  readonly storage: Storage;
  /** Private key that root and the user `ops` (sudo without password) accept on every machine. */
  readonly keyFile: string;
  /** known_hosts with every machine's key. */
  readonly knownHostsFile: string;
  /** The host's address on the machines' network. */
  readonly hostAddress: string;
  /** Removes everything: machines, disks, storage, links, cgroups. Blocks for some 0.1 s. */
  down(): Promise<void>;
}

export interface RigOptions {
  /** Letters, digits, hyphens; two rigs of different names run side by side. */
  readonly name: string;
  /** How many machines: m1, m2, ... at most 9. */
  readonly machines: number;
  /** First three octets of the subnet; chosen free when absent. */
  readonly subnet?: string;
  /** Directories or files of the host that the machines see. */
  readonly binds?: readonly { readonly from: string; readonly to: string; readonly isReadOnly: boolean }[];
  /** What each machine's boot clock (CLOCK_BOOTTIME, /proc/uptime) shows more than the host's, in seconds; m1 first. */
  readonly bootClockOffsetsS?: readonly number[];
  /** Makes the rig but leaves its machines off. */
  readonly isOff?: boolean;
  /** The rig outlives this process, until somebody takes it down by name. */
  readonly isKept?: boolean;
  readonly say?: (line: string) => void;
}

/** What of a rig is written down, so that another process can find it. */
interface Plan {
  readonly number: number;
  readonly subnet: string;
  readonly options: Omit<RigOptions, "say">;
}

const MOST_MACHINES = 9;
const mountNfs = new URL("./mount.nfs.sh", import.meta.url).pathname;

/** The rigs that this process takes down when it ends. */
const owned = new Set<string>();
let isWatching = false;

/** From now on this process takes the rig down however it ends, SIGKILL apart. */
function own(rig: string): void {
  owned.add(rig);
  if (isWatching) return;
  isWatching = true;
  process.on("exit", () => {
    for (const name of owned) removeRig(name);
  });
  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.on(name, () => process.exit(128 + number));
  }
}

/** Leaves the rig to whoever takes it down by name. */
function disown(rig: string): void {
  rmSync(`${rigDirectory(rig)}/owner.pid`);
  owned.delete(rig);
}

/** The rig as planned, its machines on or off. */
function assemble(plan: Plan): Rig {
  const { number, subnet, options } = plan;
  const directory = rigDirectory(options.name);
  const storage = openStorage(directory);
  const keyFile = `${directory}/id_ed25519`;
  const binds = [
    { from: storage.directory, to: storage.mountPoint, isReadOnly: false },
    // Any machine can be a member of the cluster: it runs the host's Node.
    { from: realpathSync(process.execPath), to: "/usr/local/bin/node", isReadOnly: true },
    { from: mountNfs, to: "/usr/sbin/mount.nfs", isReadOnly: true },
    ...(options.binds ?? []),
  ];
  const nspawnArguments = binds.map(
    ({ from, to, isReadOnly }) => `--bind${isReadOnly ? "-ro" : ""}=${from}:${to}`,
  );
  const machines = Array.from({ length: options.machines }, (_, index) => {
    const name = `m${index + 1}`;
    const address = `${subnet}.${11 + index}`;
    const machineDirectory = `${directory}/${name}`;
    const identity = prepareDisk({
      ...{ directory: machineDirectory, rig: options.name, name, subnet, address },
      publicKeyFile: `${keyFile}.pub`,
    });
    const chassis = {
      ...{ directory: machineDirectory, fullName: `fl${number}${name}`, name, nspawnArguments },
      bootClockOffsetS: options.bootClockOffsetsS?.[index],
    };
    return machineIn(chassis, number, address, identity);
  });
  const knownHostsFile = `${directory}/known_hosts`;
  writeFileSync(knownHostsFile, machines.map(({ address, hostKey }) => `${address} ${hostKey}\n`).join(""));
  return {
    ...{ name: options.name, directory, machines, storage, keyFile, knownHostsFile },
    hostAddress: `${subnet}.1`,
    down: async () => {
      removeRig(options.name);
      owned.delete(options.name);
    },
  };
}

/** The rig of this name that another process made and keeps. */
export function findRig(name: string): Rig | undefined {
  const planFile = `${rigDirectory(name)}/rig.json`;
  return existsSync(planFile) ? assemble(JSON.parse(readFileSync(planFile, "utf8")) as Plan) : undefined;
}

/**
 * Makes a rig and boots its machines until sshd answers on all of them. What an earlier rig of that name left is removed first.
 * The rig is taken down when this process ends, by a signal too.
 */
export async function openRig(options: RigOptions): Promise<Rig> {
  const { say = () => {}, ...kept } = options;
  const { name, machines } = options;
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(name))
    throw new Error(`rig name ${JSON.stringify(name)}: letters, digits, hyphens`);
  if (machines < 1 || machines > MOST_MACHINES)
    throw new Error(`${machines} machines: 1 to ${MOST_MACHINES} can be had`);
  const reason = rigAvailable();
  if (reason !== undefined) throw new Error(`no rig here: ${reason}`);
  const owner = ownerOf(name);
  if (owner !== undefined) throw new Error(`rig ${name} is in use by process ${owner}`);
  removeRig(name);
  removeAbandonedRigs();
  own(name);
  try {
    const directory = rigDirectory(name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePidFile(`${directory}/owner.pid`, process.pid);
    await buildBase(say);
    const number = claimNumber(name, options.subnet);
    const subnet = options.subnet ?? subnetOf(number);
    writeFileSync(`${directory}/rig.json`, JSON.stringify({ number, subnet, options: kept } satisfies Plan));
    ensureKey(`${directory}/id_ed25519`, "rig");
    createBridges(number, subnet);
    const rig = assemble({ number, subnet, options: kept });
    for (const machine of rig.machines) machine.heal();
    if (options.isOff !== true) await Promise.all(rig.machines.map((machine) => machine.boot()));
    if (options.isKept === true) disown(name);
    return rig;
  } catch (error) {
    removeRig(name);
    owned.delete(name);
    throw error;
  }
}
