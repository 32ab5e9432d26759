/** A bug that is planted on purpose, to see that the simulator finds it. */
export interface Mutant {
  /** The rule that it breaks. */
  readonly breaks: string;
  /** Text of the source that is replaced; empty when the bug is in the simulated machine or disk. */
  readonly edits: readonly Edit[];
}

export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const planted = (breaks: string): Mutant => ({ breaks, edits: [] });
const edit = (breaks: string, file: string, find: string, replace: string): Mutant => ({
  breaks,
  edits: [{ file, find, replace }],
});

export const mutants: Readonly<Record<string, Mutant>> = {
  "relative-ttl": planted("lease.md 1: a renewal carries an absolute deadline"),
  "anchor-after-confirmation": edit(
    "lease.md 2: anchored before leadership is confirmed",
    "src/leader/renewing.ts",
    "for (const send of sends) send();",
    "for (const keeper of keepers()) keeper.lease.prepare(clock.now())?.();",
  ),
  "no-confirmation": planted("lease.md 2: nothing is sent without a quorum's confirmation"),
  "reading-kept": {
    breaks: "lease.md 3: a reading belongs to one connection and one boot",
    edits: [
      {
        file: "src/leader/machine-lease.ts",
        find: "const { reading } = to;",
        replace: "const reading = (kept ??= to.reading);",
      },
      {
        file: "src/leader/machine-lease.ts",
        find: "let link: MachineLink | undefined;",
        replace: "let link: MachineLink | undefined; let kept: MachineLink['reading'] | undefined;",
      },
      {
        file: "src/lease/bound.ts",
        find: "export const readingMaxAgeMs = 2_000;",
        replace: "export const readingMaxAgeMs = 1e9;",
      },
    ],
  },
  "suspect-renewed": edit(
    "lease.md 5: nobody renews a suspect machine",
    "src/cluster/machines.ts",
    'status === "up" || status === "draining";',
    'status !== "enrolled";',
  ),
  "no-epoch-check": planted("lease.md 8: lower epochs are refused"),
  "no-cut": planted("lease.md 8: a higher epoch cuts off the connections of lower ones"),
  "no-gate": planted("lease.md 11: a gate per unit"),
  "tombstone-dropped": edit(
    "lease.md 15: a placement outlives its unit's record",
    "src/cluster/units.ts",
    "if (!now.state.units.delete(name)) continue;",
    "now.state.placements.delete(name); if (!now.state.units.delete(name)) continue;",
  ),
  "stop-not-awaited": {
    breaks: "lease.md D: a stop counts once systemd has acknowledged it",
    edits: [
      {
        file: "src/reconcile/execute.ts",
        find: 'expectDone("stop", unit, await link.stop(unit).catch(doneIfUnknown));',
        replace:
          'void link.stop(unit).then((result) => expectDone("stop", unit, result)).catch(doneIfUnknown).catch(() => {});',
      },
      {
        file: "src/reconcile/plan.ts",
        find: 'active !== undefined && active !== "inactive"',
        replace: 'active !== undefined && active !== "deactivating" && active !== "inactive"',
      },
      {
        file: "src/reconcile/execute.ts",
        find: "if (await link.hasProcesses(unit))",
        replace: "if (!state)",
      },
    ],
  },
  "bound-from-acknowledged": edit(
    "lease.md, the bound: over all renewals that were sent",
    "src/leader/machine-lease.ts",
    "sentUntilMs = Math.max(sentUntilMs ?? 0, untilMs);",
    "to.closed.then(() => {}); void Promise.resolve().then(async () => { const before = deadlineCs; while (to === link && deadlineCs === before) await new Promise<void>((done) => clock.after(5, done)); if (deadlineCs !== before) sentUntilMs = Math.max(sentUntilMs ?? 0, untilMs); });",
  ),
  "bound-without-stop": edit(
    "lease.md, the bound: S, from the deadline to nothing left",
    "src/lease/bound.ts",
    "return lease.graceMs + lease.rebootAfterMs + guardTickMs + rebootMs;",
    "return lease.graceMs * 0;",
  ),
  "bound-without-drift": edit(
    "lease.md, the bound: clocks drift",
    "src/lease/bound.ts",
    "return (1 + memberPpm / 1e6) / (1 - machinePpm / 1e6);",
    "return 1 + 0 * (memberPpm + machinePpm);",
  ),
  "new-leader-waits-ttl": edit(
    "lease.md, the bound: a new leader waits for TTL + drift + J + S",
    "src/lease/bound.ts",
    "return fromMs + (counted + aged) * (1 + member);",
    "return fromMs + termMs + 0 * (counted + aged + member);",
  ),
  "new-leader-waits-not": edit(
    "lease.md, the bound: a new leader waits",
    "src/lease/bound.ts",
    "return fromMs + (counted + aged) * (1 + member);",
    "return fromMs + 0 * (counted + aged + member);",
  ),
  "no-fsync": planted("raft.md 2.6.1: a Ready is on the disk before it is answered"),
  "no-deduplication": edit(
    "raft.md 2.6.6: a command is applied once, however often it is sent",
    "src/cluster/apply.ts",
    "const earlier = key === undefined ? undefined : state.answers.get(key);",
    "const earlier = key === undefined ? undefined : state.answers.get(`not ` + key);",
  ),
};
