import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  deadlineFor,
  defaultLease,
  leaseEndsBy,
  leaseParameters,
  pauseMaxMs,
  readingMaxAgeMs,
  safeTakeoverAt,
  stopBound,
  takeoverAfter,
} from "../../src/lease/bound.ts";

/**
 * A machine, the leader that renews it and a member that follows, each with a clock of its own: an offset, and a rate
 * that stays within the error that is assumed of it. Times without a clock's name are true ones, in ms.
 */
const world = (...ppm: number[]) =>
  fc
    .record({
      machinePpm: fc.constantFrom(...ppm),
      memberPpm: fc.constantFrom(...ppm),
      machineRate: fc.double({ min: -1, max: 1, noNaN: true }),
      leaderRate: fc.double({ min: -1, max: 1, noNaN: true }),
      heirRate: fc.double({ min: -1, max: 1, noNaN: true }),
      machineOffset: fc.nat(1e9),
      leaderOffset: fc.nat(1e9),
      heirOffset: fc.nat(1e9),
      read: fc.nat(1e6),
      answered: fc.nat(5_000),
      /** How old the reading is when the confirmation begins, as a part of the oldest that is allowed. */
      age: fc.double({ min: 0, max: 1, noNaN: true }),
      /** From the confirmation's begin to the election of the heir. */
      elected: fc.double({ min: 0, max: 5_000, noNaN: true }),
      termMs: fc.oneof(fc.integer({ min: 1_000, max: 60_000 }), fc.constant(pauseMaxMs)),
    })
    .map((w) => {
      const clock = (rate: number, ppm: number, offset: number) => {
        const pace = 1 + (rate * ppm) / 1e6;
        return {
          at: (time: number) => offset + time * pace,
          when: (shown: number) => (shown - offset) / pace,
        };
      };
      const machine = clock(w.machineRate, w.machinePpm, w.machineOffset);
      const leader = clock(w.leaderRate, w.memberPpm, w.leaderOffset);
      const heir = clock(w.heirRate, w.memberPpm, w.heirOffset);
      const machineCs = Math.floor(machine.at(w.read) / 10);
      const receivedAtMs = leader.at(w.read + w.answered);
      const confirmedAtMs = receivedAtMs + w.age * readingMaxAgeMs;
      const confirmed = leader.when(confirmedAtMs);
      return { ...w, machine, leader, heir, confirmedAtMs, confirmed, reading: { machineCs, receivedAtMs } };
    });

/** When nothing is left on the machine in true time, at the latest: its clock paces the fence as well. */
const goneAt = (w: { machine: { when(shown: number): number } }, deadlineCs: number) =>
  w.machine.when(deadlineCs * 10 + defaultLease.jitterMs + defaultLease.stopBoundMs);

test("the leader takes over after everything is gone, whatever the clocks, delays and readings", () => {
  fc.assert(
    fc.property(world(1_000, 100_000), (w) => {
      const deadline = deadlineFor(w.reading, w.confirmedAtMs, w.termMs);
      const endsBy = leaseEndsBy(w.reading, w.confirmedAtMs, w.termMs, w);
      const safe = w.leader.when(safeTakeoverAt(endsBy, defaultLease, w));
      assert.ok(safe >= goneAt(w, deadline) - 1e-3);
    }),
    { numRuns: 2_000 },
  );
});

test("so does a member that was elected, or heard of the suspicion, after the confirmation", () => {
  fc.assert(
    fc.property(world(1_000, 100_000), (w) => {
      const deadline = deadlineFor(w.reading, w.confirmedAtMs, w.termMs);
      const fromMs = w.heir.at(w.confirmed + w.elected);
      const safe = w.heir.when(takeoverAfter(fromMs, defaultLease, w, w.termMs));
      assert.ok(safe >= goneAt(w, deadline) - 1e-3);
    }),
    { numRuns: 2_000 },
  );
});

test("with true clocks the lease ends within its term after the confirmation", () => {
  fc.assert(
    fc.property(world(0), (w) => {
      const deadline = deadlineFor(w.reading, w.confirmedAtMs, w.termMs);
      assert.ok(w.machine.when(deadline * 10) <= w.confirmed + w.termMs + 1e-3);
    }),
  );
});

test("the bound is not much longer than needed when the clocks are known to be good", () => {
  const good = { machinePpm: 1_000, memberPpm: 1_000 };
  const reading = { machineCs: 100_000, receivedAtMs: 5_000 };
  const endsBy = leaseEndsBy(reading, 5_500, defaultLease.ttlMs, good);
  assert.ok(safeTakeoverAt(endsBy, defaultLease, good) < 5_500 + 3_000 + 250 + 1_700 + 20);
  assert.ok(takeoverAfter(0, defaultLease, good) < 3_000 + 250 + 1_700 + 20);
});

test("S is what its parts add up to", () => {
  assert.is(defaultLease.stopBoundMs, 1_700);
  assert.is(leaseParameters({ graceMs: 2_000 }).stopBoundMs, 3_200);
  assert.is(stopBound({ graceMs: 100, rebootAfterMs: 5_000 }), 5_600);
});

test("a reading that is too old, or younger than the confirmation, makes no deadline", () => {
  const reading = { machineCs: 1, receivedAtMs: 10_000 };
  assert.is(deadlineFor(reading, 12_000, 3_000), 501);
  assert.is(deadlineFor(reading, 10_000, 3_009), 301);
  for (const confirmedAtMs of [12_001, 9_999, Number.NaN])
    assert.throws(() => deadlineFor(reading, confirmedAtMs, 3_000), /reading of the machine's clock/);
  for (const termMs of [0, -1, pauseMaxMs + 1, Number.NaN])
    assert.throws(() => deadlineFor(reading, 10_000, termMs), /at most 900000/);
});

test("all that is wrong with parameters is said at once", () => {
  try {
    leaseParameters({ ttlMs: 10, graceMs: 0.5, unmountAfterMs: 900 });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), "ttlMs is 10, not a whole number from 1000 to 60000; graceMs is 0.5");
    assert.match(String(error), "rebootAfterMs must leave unmountAfterMs (900) and a tick of 200 ms");
  }
});

test.run();
