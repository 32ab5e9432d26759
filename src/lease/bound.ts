import { FlotillaError } from "../error.ts";

/** The cluster's lease (lease.md, rule 17: cluster state, changed by command). Of two values, the larger waits longer. */
export interface LeaseParameters {
  /** From the confirmation of leadership to the deadline that is sent. */
  readonly ttlMs: number;
  readonly renewalsPerTtl: number;
  /** From the deadline until everything in the slice is killed. */
  readonly graceMs: number;
  /** From the kill until the guards unmount by hand, and kill who holds the mount. */
  readonly unmountAfterMs: number;
  /** From the kill until the machine is rebooted because something is left. */
  readonly rebootAfterMs: number;
  /** S: from the deadline to "nothing left", in the worst link of the chain. */
  readonly stopBoundMs: number;
  /** J: how late a guard may wake up. */
  readonly jitterMs: number;
}

/** A machine's clock as its answer gave it, in centiseconds, and the instant on our clock when that answer arrived. */
export interface Reading {
  readonly machineCs: number;
  readonly receivedAtMs: number;
}

/** How far clocks may run from true time, in parts per million. */
export interface ClockErrors {
  readonly machinePpm: number;
  /** Of the worst member that led or may lead. */
  readonly memberPpm: number;
}

/** Both guards look at the clock so often, and at once when the deadline, the kill, the unmount or the reboot is due. */
export const guardTickMs = 200;
/** `reboot -ffn` until the last process is gone: 100 ms measured, and as much again twice for a loaded machine. */
const rebootMs = 300;
/** A reading that is older makes no deadline (rule 3). */
export const readingMaxAgeMs = 2_000;
/** The longest planned pause of all schedulers (rule 6). */
export const pauseMaxMs = 15 * 60_000;

/** chrony may slew by 8.3 %; a daemon that the machine check knows stays below 500 ppm. */
export const unboundedClockPpm = 100_000;
export const boundedClockPpm = 1_000;
export const clockErrorPpm = (isBounded: boolean) => (isBounded ? boundedClockPpm : unboundedClockPpm);

/** S from its parts. The reboot is the last link: whatever else fails, it ends what is left. */
export function stopBound(lease: Pick<LeaseParameters, "graceMs" | "rebootAfterMs">): number {
  return lease.graceMs + lease.rebootAfterMs + guardTickMs + rebootMs;
}

const bounds = {
  ttlMs: [1_000, 60_000],
  renewalsPerTtl: [3, 20],
  graceMs: [100, 60_000],
  unmountAfterMs: [100, 60_000],
  rebootAfterMs: [300, 120_000],
} as const;

/** Parameters with S and J worked out. Throws "lease-invalid" with all that is wrong. */
export function leaseParameters(
  chosen: Partial<Omit<LeaseParameters, "stopBoundMs" | "jitterMs">> = {},
): LeaseParameters {
  const lease = {
    ttlMs: 3_000,
    renewalsPerTtl: 6,
    graceMs: 500,
    unmountAfterMs: 300,
    rebootAfterMs: 700,
    ...chosen,
  };
  const faults = Object.entries(bounds).flatMap(([name, [least, most]]) => {
    const value = lease[name as keyof typeof bounds];
    const isGood = Number.isInteger(value) && value >= least && value <= most;
    return isGood ? [] : [`${name} is ${value}, not a whole number from ${least} to ${most}`];
  });
  if (lease.rebootAfterMs < lease.unmountAfterMs + guardTickMs)
    faults.push(
      `rebootAfterMs must leave unmountAfterMs (${lease.unmountAfterMs}) and a tick of ${guardTickMs} ms`,
    );
  if (faults.length > 0)
    throw new FlotillaError("lease-invalid", `the lease cannot be so: ${faults.join("; ")}`, {
      hint: "`ttlMs` and `graceMs` are milliseconds; the defaults are 3000 and 500",
    });
  return { ...lease, stopBoundMs: stopBound(lease), jitterMs: 250 };
}

export const defaultLease: LeaseParameters = leaseParameters();

export const renewalIntervalMs = (lease: LeaseParameters) => lease.ttlMs / lease.renewalsPerTtl;

/**
 * The deadline to send, on the machine's clock (rule 2), never later than allowed: it ends `termMs` after the
 * confirmation of leadership began at `confirmedAtMs`, which is not before the reading's answer arrived.
 * `termMs` is the TTL, or the committed duration of a planned pause. Throws "reading-stale", "lease-invalid".
 */
export function deadlineFor(reading: Reading, confirmedAtMs: number, termMs: number): number {
  return reading.machineCs + Math.floor(machineTermMs(reading, confirmedAtMs, termMs) / 10);
}

/** The latest instant on the leader's clock at which that deadline passes, with both clocks as wrong as they may be. */
export function leaseEndsBy(
  reading: Reading,
  confirmedAtMs: number,
  termMs: number,
  errors: ClockErrors,
): number {
  return reading.receivedAtMs + machineTermMs(reading, confirmedAtMs, termMs) * stretch(errors);
}

/** From the reading to the deadline, as the machine counts. */
function machineTermMs(reading: Reading, confirmedAtMs: number, termMs: number): number {
  const age = confirmedAtMs - reading.receivedAtMs;
  if (!(age >= 0 && age <= readingMaxAgeMs))
    throw new FlotillaError(
      "reading-stale",
      `a reading of the machine's clock is ${age} ms old at the confirmation`,
    );
  if (!(termMs > 0 && termMs <= pauseMaxMs))
    throw new FlotillaError(
      "lease-invalid",
      `a lease of ${termMs} ms: more than 0 and at most ${pauseMaxMs}`,
    );
  return age + termMs;
}

/**
 * When the leader that sent the renewals may start elsewhere what ran there, by its own clock. `endsByMs` is the
 * largest `leaseEndsBy` of all renewals that were sent, answered or not.
 */
export function safeTakeoverAt(endsByMs: number, lease: LeaseParameters, errors: ClockErrors): number {
  return endsByMs + (lease.jitterMs + lease.stopBoundMs) * stretch(errors);
}

/**
 * The same for a member that does not know what was sent. `fromMs` on its clock: its own election, or the arrival
 * of a suspicion that still stands (rule 5); any renewal was confirmed before. `termMs`: the TTL or the longest
 * planned pause that may be in force.
 */
export function takeoverAfter(
  fromMs: number,
  lease: LeaseParameters,
  errors: ClockErrors,
  termMs = lease.ttlMs,
): number {
  const [machine, member] = [errors.machinePpm / 1e6, errors.memberPpm / 1e6];
  const counted = (termMs + lease.jitterMs + lease.stopBoundMs) / (1 - machine);
  // The sender let a reading age on its clock while the machine's own went on, perhaps more slowly.
  const aged = readingMaxAgeMs * (1 / (1 - machine) - 1 / (1 + member));
  return fromMs + (counted + aged) * (1 + member);
}

/** How much longer a span of a slow machine's clock looks on a fast member's. */
function stretch({ machinePpm, memberPpm }: ClockErrors): number {
  return (1 + memberPpm / 1e6) / (1 - machinePpm / 1e6);
}
