import { FlotillaError } from "../error.ts";

/** What flotillactl's exit status says; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** `status` of a unit that is not active: systemctl's own. */
  notActive: 3,
  unreachable: 4,
  noQuorum: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

const byErrorCode: Readonly<Record<string, number>> = {
  usage: exitCodes.usage,
  "unit-not-active": exitCodes.notActive,
  "endpoint-unreachable": exitCodes.unreachable,
  "endpoint-lost": exitCodes.unreachable,
  "endpoint-permission": exitCodes.unreachable,
  "endpoint-untrusted": exitCodes.unreachable,
  "no-leader": exitCodes.noQuorum,
  "leadership-lost": exitCodes.noQuorum,
  "not-leader": exitCodes.noQuorum,
  "timed-out": exitCodes.timedOut,
  interrupted: exitCodes.interrupted,
};

export function exitCodeOf(error: unknown): number {
  return (error instanceof FlotillaError && byErrorCode[error.code]) || exitCodes.failed;
}

export function usageError(message: string, hint?: string): FlotillaError {
  return new FlotillaError("usage", message, hint === undefined ? {} : { hint });
}
