import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setFrozen } from "./cgroup.ts";
import type { Identity } from "./disk.ts";
import { attachPort, bridgeOf, farBridgeOf, setCable } from "./network.ts";
import { type Chassis, consoleTail, cutPower, initPid, powerOn, supervisorPid, sweep } from "./power.ts";
import { signal, waitUntil } from "./process.ts";

/** A whole systemd machine, with the buttons and cables that a person in front of it would have. */
export interface Machine extends Identity {
  /** Its host name: `m1`. */
  readonly name: string;
  readonly address: string;
  /** Its state on the host: `console.log`, and `upper`, its disk. */
  readonly directory: string;
  isRunning(): boolean;
  /** Fresh at each boot; undefined when it is off or only starting. */
  bootId(): string | undefined;
  /** Switches it on, and does not wait: for a machine that is cut off and cannot answer. */
  switchOn(): void;
  /** Switches it on and waits until sshd answers. */
  boot(): Promise<void>;
  /** Waits until sshd answers with its banner. */
  waitUp(limitMs?: number): Promise<void>;
  /** Cuts the power; all is dead within some 0.1 s. The kernel still closes the connections: peers get a FIN. */
  kill(): Promise<void>;
  /** Cuts the power so that nobody hears of it: the network goes first. It boots into a healed network. */
  vanish(): Promise<void>;
  /** Orderly shutdown, as by the power button; resolves when it is off. */
  powerOff(): Promise<void>;
  /** Orderly reboot; resolves when sshd answers again. */
  reboot(): Promise<void>;
  /** Cut off from the rest and from the host, but not from others that are cut off; the carrier stays up. It outlives a reboot. */
  partition(): void;
  heal(): void;
  isPartitioned(): boolean;
  /** The cable is out: no carrier, and networkd drops the address. A boot puts it back. */
  unplug(): void;
  plug(): void;
  /** The whole machine stands still: a hung host, a paused virtual machine. */
  freeze(): void;
  thaw(): void;
  /** Runs a program inside, without the network; gives its stdout, throws when it fails. Not frozen with the machine. */
  exec(...argv: string[]): Promise<string>;
}

/** systemd's orderly poweroff.target and reboot.target: SIGRTMIN+4 and +5 to PID 1. */
const POWER_OFF_SIGNAL = 38;
const REBOOT_SIGNAL = 39;
const BOOT_LIMIT_MS = 60_000;
const SHUTDOWN_LIMIT_MS = 90_000;
const EXEC_LIMIT_MS = 60_000;

/** Whether an SSH server shows its banner at `address` within a second. */
function hasBanner(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const finish = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once("data", (data) => finish(data.toString("latin1").startsWith("SSH-")));
    socket.once("error", () => finish(false));
    socket.once("end", () => finish(false));
  });
}

/** Runs a program in all namespaces of the process `init`. */
function execIn(init: number, argv: readonly string[]): Promise<string> {
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
  ];
  const args = ["--all", "--root", "--wd", "--target", String(init), "env", "-i", ...environment, ...argv];
  return new Promise((resolve, reject) => {
    execFile("nsenter", args, { timeout: EXEC_LIMIT_MS, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${argv.join(" ")}: exit ${error.code}: ${(stderr || stdout).trim()}`));
    });
  });
}

/** The machine in this chassis, whether it is on or not. */
export function machineIn(chassis: Chassis, number: number, address: string, identity: Identity): Machine {
  const { directory, fullName, name } = chassis;
  const connectTo = (bridge: string) => {
    // The supervisor reads it at each boot, so that a reboot does not heal a partition.
    writeFileSync(`${directory}/bridge`, bridge);
    attachPort(fullName, bridge);
  };
  const init = () => {
    const pid = initPid(directory);
    if (pid === undefined) throw new Error(`${name} is off`);
    return pid;
  };
  const machine: Machine = {
    ...identity,
    ...{ name, address, directory },
    isRunning: () => supervisorPid(directory) !== undefined,
    bootId: () => {
      const pid = initPid(directory);
      try {
        return readFileSync(`/proc/${pid}/root/proc/sys/kernel/random/boot_id`, "utf8").trim();
      } catch {
        return undefined;
      }
    },
    switchOn: () => {
      if (machine.isRunning()) return;
      sweep(directory, fullName);
      powerOn(chassis);
    },
    boot: async () => {
      machine.switchOn();
      await machine.waitUp();
    },
    waitUp: async (limitMs = BOOT_LIMIT_MS) => {
      const answers = async () => {
        if (!machine.isRunning()) throw new Error(`${name} went off:\n${consoleTail(directory)}`);
        return await hasBanner(address);
      };
      await waitUntil(limitMs, `${name}: sshd at ${address} answers`, answers);
    },
    kill: async () => {
      cutPower(directory, fullName);
      sweep(directory, fullName);
    },
    vanish: async () => {
      machine.partition();
      await machine.kill();
      machine.heal();
    },
    powerOff: async () => {
      if (!machine.isRunning()) return;
      signal(init(), POWER_OFF_SIGNAL);
      await waitUntil(SHUTDOWN_LIMIT_MS, `${name} is off`, () => !machine.isRunning());
      sweep(directory, fullName);
    },
    reboot: async () => {
      const before = machine.bootId();
      signal(init(), REBOOT_SIGNAL);
      const isNew = () => machine.bootId() !== undefined && machine.bootId() !== before;
      await waitUntil(SHUTDOWN_LIMIT_MS, `${name} boots again`, isNew);
      await machine.waitUp();
    },
    partition: () => connectTo(farBridgeOf(number)),
    heal: () => connectTo(bridgeOf(number)),
    isPartitioned: () => readFileSync(`${directory}/bridge`, "utf8") === farBridgeOf(number),
    unplug: () => setCable(fullName, false),
    plug: () => setCable(fullName, true),
    freeze: () => setFrozen(fullName, true),
    thaw: () => setFrozen(fullName, false),
    exec: (...argv) => execIn(init(), argv),
  };
  return machine;
}
