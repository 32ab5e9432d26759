import { describeError, FlotillaError } from "../error.ts";
import type { Complaint } from "./verdict.ts";

/** Who something is said of: a listed machine's name, or the cluster as a whole. */
type About = string;

/** What bootstrap has done and what it could not do. */
export interface Report {
  /** Something was changed, or in a dry run would be. */
  changed(about: About, what: string): void;
  warn(about: About, complaint: Complaint): void;
  fail(about: About, complaint: Complaint): void;
  hasFailed(about: About): boolean;
  readonly changes: readonly { readonly about: About; readonly what: string }[];
  readonly warnings: readonly ({ readonly about: About } & Complaint)[];
  readonly failures: readonly ({ readonly about: About } & Complaint)[];
}

/** Keeps what is reported, and says it at once, a line each. */
export function createReport(say: (line: string) => void, width: number): Report {
  const changes: { about: About; what: string }[] = [];
  const warnings: ({ about: About } & Complaint)[] = [];
  const failures: ({ about: About } & Complaint)[] = [];
  const tell = (about: About, text: string) => say(`${about.padEnd(width)}  ${text}`);
  return {
    ...{ changes, warnings, failures },
    changed: (about, what) => {
      changes.push({ about, what });
      tell(about, what);
    },
    warn: (about, complaint) => {
      warnings.push({ about, ...complaint });
      tell(about, `Warning: ${complaint.message}`);
      if (complaint.hint) tell(about, `         ${complaint.hint}`);
    },
    fail: (about, complaint) => {
      failures.push({ about, ...complaint });
      tell(about, `Failed: ${complaint.message}`);
    },
    hasFailed: (about) => failures.some((failure) => failure.about === about),
  };
}

export function complaintOf(error: unknown): Complaint {
  const hint = error instanceof FlotillaError ? error.hint : undefined;
  return { message: describeError(error), ...(hint === undefined ? {} : { hint }) };
}
