import { defaultLease } from "../../src/lease/bound.ts";
import { bootClockMs, type LeaseMachine, sleep } from "./lease-machine.ts";
import { signal } from "./process.ts";

/** What a run of an attack gave: ms after the deadline until nothing was left, or another statement that must hold. */
export interface Finding {
  readonly what: string;
  readonly afterMs?: number;
  readonly holds: boolean;
}

export interface Attack {
  readonly name: string;
  /** Part of the short test that runs on every change. */
  readonly isShort: boolean;
  run(m: LeaseMachine): Promise<readonly Finding[]>;
}

export const simple = "[Service]\nExecStart=/bin/sleep infinity\n";
export const deaf = `[Service]\nExecStart=/bin/bash -c 'trap "" TERM; while :; do sleep 0.1; done'\nTimeoutStopSec=infinity\n`;
export const eager =
  "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=50ms\nStartLimitIntervalSec=0\n";
export const redis = "[Service]\nExecStart=/usr/bin/redis-server --port 6400 --dir /tmp --save ''\n";
export const where = "/mnt/lease data";
export const mountName = "mnt-lease\\x20data.mount";
export const mount = `[Mount]\nWhat=tmpfs\nWhere=${where}\nType=tmpfs\n`;
export const mountSeen = where.replaceAll(" ", "\\040");

export const within = (what: string, afterMs: number, boundMs = defaultLease.stopBoundMs): Finding => ({
  what,
  afterMs,
  holds: afterMs <= boundMs,
});
export const claim = (what: string, holds: boolean): Finding => ({ what, holds });

/** Lets the lease run out while `spoil` is done at `leadMs` before the deadline. */
export async function expireWhile(
  m: LeaseMachine,
  spoil: () => void | Promise<void>,
  leadMs: number,
  at?: string,
) {
  const deadlineMs = m.expire();
  const waitMs = deadlineMs - leadMs - bootClockMs();
  if (waitMs > 0) await sleep(waitMs);
  await spoil();
  return m.gone(deadlineMs, at);
}

export const guardPid = (m: LeaseMachine, name: string) => m.pids(`flotilla-guard@${name}.service`)[0];
export const stopGuard = (m: LeaseMachine, name: string, how: NodeJS.Signals = "SIGSTOP") =>
  signal(guardPid(m, name), how);
export const hang = (m: LeaseMachine) => signal(m.initPid, "SIGSTOP");
export const wake = (m: LeaseMachine) => signal(m.initPid, "SIGCONT");
export const runMount = (m: LeaseMachine) => m.run(mountName, mount, where);
/** A process that systemd knows nothing of. */
export const holdMount = (m: LeaseMachine) =>
  m.machine.exec("sh", "-c", `cd "${where}" && setsid sleep infinity >/dev/null 2>&1 </dev/null &`);
