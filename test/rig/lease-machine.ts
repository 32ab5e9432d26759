import { readFileSync, writeFileSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { deadlineFor, defaultLease } from "../../src/lease/bound.ts";
import { dropIn, dropInPath } from "../../src/lease/drop-in.ts";
import { machineFiles } from "../../src/lease/machine-files.ts";
import { guardUnits, leaseTarget, unitDirectory } from "../../src/lease/places.ts";
import { silentLog } from "../../src/log.ts";
import { connectMachine, type MachineLink } from "../../src/machine/link.ts";
import { initPid } from "./power.ts";
import { waitUntil } from "./process.ts";
import type { Machine, Rig } from "./rig.ts";

/** Short, so that many leases can run out in a test; S does not depend on it. */
const ttlMs = 1_500;
const renewalMs = 250;
const pollMs = 4;

/** A machine under a lease, with a leader of one, and a judge that looks at it from the host. */
export interface LeaseMachine {
  readonly machine: Machine;
  readonly link: MachineLink;
  /** A new connection of a new epoch, as after an election; what was connected before is cut off. */
  elect(user?: "root" | "ops"): Promise<void>;
  /** Takes the lease and keeps it until `expire`. */
  hold(): Promise<void>;
  /** Sends no renewal any more; gives the instant of the deadline by the host's boot clock in ms. */
  expire(): number;
  /** Sends one last deadline so far ahead; gives its instant as `expire` does. */
  extend(ms: number): Promise<number>;
  /** Pushes an exclusive unit, places it and starts it. */
  run(name: string, text: string, where?: string): Promise<void>;
  push(name: string, text: string): Promise<void>;
  /** Pids as the host sees them, of a unit's cgroup below the machine's root. */
  pids(cgroup: string): number[];
  readonly initPid: number;
  /** Writes a file of the machine from outside. */
  write(path: string, text: string): void;
  read(path: string): string;
  /** Whether there are processes in the slice. */
  isPopulated(): boolean;
  isMounted(where: string): boolean;
  /** Waits until nothing exclusive is left; ms after `deadlineMs`. */
  gone(deadlineMs: number, where?: string, limitMs?: number): Promise<number>;
}

/** CLOCK_BOOTTIME in ms; a rig's host is not suspended, so it is CLOCK_MONOTONIC. */
export const bootClockMs = () => Number(process.hrtime.bigint()) / 1e6;
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Prepares the machine: connects, pushes the guards, starts them and takes the lease. */
export async function openLeaseMachine(rig: Rig, machine: Machine): Promise<LeaseMachine> {
  const identity = { kind: "key", privateKey: readFileSync(rig.keyFile, "utf8") } as const;
  const target = { address: machine.address, port: 22, hostKey: machine.hostKey };
  let epoch = 0;
  let link: MachineLink;
  let deadlineCs = 0;
  let timer: NodeJS.Timeout | undefined;
  const init = () => initPid(machine.directory) ?? 0;
  const read = (path: string) => {
    try {
      return readFileSync(`/proc/${init()}/root${path}`, "utf8");
    } catch {
      return "";
    }
  };
  const cgroupRoot = () =>
    read("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
  /** The machine's clock minus the host's, in ms. */
  const aheadMs = () =>
    link.reading.machineCs * 10 - (link.reading.receivedAtMs - performance.now() + bootClockMs());
  const renew = () => {
    deadlineCs = deadlineFor(link.reading, systemClock.now(), ttlMs);
    return link.renew(deadlineCs);
  };
  const expire = () => {
    clearInterval(timer);
    timer = undefined;
    return deadlineCs * 10 - aheadMs();
  };

  const self: LeaseMachine = {
    machine,
    get link() {
      return link;
    },
    get initPid() {
      return init();
    },
    elect: async (user = "root") => {
      epoch += 1;
      link = await connectMachine({
        ...{
          target: { ...target, user },
          identity,
          cluster: "attacked",
          epoch,
          seq: 1,
          clock: systemClock,
          log: silentLog,
        },
      });
    },
    hold: async () => {
      await renew();
      clearInterval(timer);
      timer = setInterval(() => renew().catch(() => clearInterval(timer)), renewalMs);
      const isHeld = async () =>
        read("/run/flotilla/valid") !== "" && (await link.states([leaseTarget]))[0]?.active === "active";
      await waitUntil(5_000, "the lease target is up", isHeld);
    },
    expire,
    extend: async (ms) => {
      expire();
      deadlineCs = deadlineFor(link.reading, systemClock.now(), ms);
      await link.renew(deadlineCs);
      return expire();
    },
    push: async (name, text) => {
      const drop = { path: dropInPath(name), text: dropIn({ name, text, isExclusive: true }) };
      await link.writeFiles([drop, { path: `${unitDirectory}/${name}`, text }]);
      await link.reload();
    },
    run: async (name, text, where) => {
      await self.push(name, text);
      await link.gate(name, 1, where);
      const result = await link.start(name);
      if (result !== "done") throw new Error(`start of ${name}: ${result}`);
    },
    pids: (cgroup) => read(`${cgroupRoot()}/${cgroup}/cgroup.procs`).split("\n").filter(Boolean).map(Number),
    read,
    write: (path, text) => writeFileSync(`/proc/${init()}/root${path}`, text),
    isPopulated: () => read(`${cgroupRoot()}/flotilla.slice/cgroup.events`).includes("populated 1"),
    isMounted: (where) => {
      try {
        return readFileSync(`/proc/${init()}/mountinfo`, "utf8").includes(` ${where} `);
      } catch {
        return false;
      }
    },
    gone: async (deadlineMs, where, limitMs = 8_000) => {
      let lastMs = deadlineMs;
      for (const start = bootClockMs(); bootClockMs() - start < limitMs; await sleep(pollMs)) {
        const isLeft = self.isPopulated() || (where !== undefined && self.isMounted(where));
        if (isLeft) lastMs = bootClockMs();
        else if (bootClockMs() > Math.max(deadlineMs, lastMs) + 400) return lastMs - deadlineMs;
      }
      return Number.POSITIVE_INFINITY;
    },
  };
  await self.elect();
  await link!.writeFiles(machineFiles(defaultLease));
  await link!.reload();
  for (const guard of guardUnits) await link!.start(guard);
  await self.hold();
  return self;
}
