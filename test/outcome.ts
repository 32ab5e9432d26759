/** How a test file ended: its tests, counted, and why it failed as a whole if it did. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A sentence for the file's line: why it failed as a whole, or why it was skipped. */
  readonly note: string | undefined;
}

function count(output: string, what: string): number | undefined {
  const found = [...output.matchAll(new RegExp(`^  ${what}: +(\\d+)$`, "gm"))].at(-1);
  return found === undefined ? undefined : Number(found[1]);
}

/** Reads uvu's summary. A file that crashed, ended by a signal, or ran nothing without saying SKIP, counts as one failure. */
export function readOutcome(output: string, ending: string | undefined): Outcome {
  const total = count(output, "Total");
  const passed = count(output, "Passed");
  const skipped = count(output, "Skipped") ?? 0;
  if (total !== undefined && passed !== undefined && total > passed) {
    return { passed, failed: total - passed, skipped, note: ending };
  }
  if (ending !== undefined) return { passed: passed ?? 0, failed: 1, skipped, note: ending };
  const skip = /^SKIP (?:\S+: )?(.+)$/m.exec(output);
  if (skip !== null && total === undefined) return { passed: 0, failed: 0, skipped: 1, note: skip[1] };
  if (total === undefined || total + skipped === 0) {
    return { passed: 0, failed: 1, skipped: 0, note: "ran no test" };
  }
  return { passed: passed ?? 0, failed: 0, skipped, note: undefined };
}

/** The last line of a run: `3 passed, 0 failed` or `3 passed, 0 failed, 1 skipped`. */
export function summary(outcomes: readonly Outcome[]): string {
  const sum = (key: "passed" | "failed" | "skipped") =>
    outcomes.reduce((total, outcome) => total + outcome[key], 0);
  const skipped = sum("skipped") === 0 ? "" : `, ${sum("skipped")} skipped`;
  return `${sum("passed")} passed, ${sum("failed")} failed${skipped}`;
}
