import { test } from "uvu";
import * as assert from "uvu/assert";
import { readOutcome, summary } from "./outcome.ts";

const uvu = (total: number, passed: number, skipped: number) =>
  `• •   (${passed} / ${total})\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.0ms\n\n`;

test("counts what uvu counted", () => {
  assert.equal(readOutcome(uvu(3, 3, 1), undefined), { passed: 3, failed: 0, skipped: 1, note: undefined });
  assert.equal(readOutcome(uvu(5, 3, 0), "exit 1"), { passed: 3, failed: 2, skipped: 0, note: "exit 1" });
});

test("a failed before hook, which uvu forgives, is a failure", () => {
  assert.is(readOutcome(uvu(3, 0, 0), undefined).failed, 3);
});

test("crashing, timing out and testing nothing are failures", () => {
  assert.is(readOutcome("SyntaxError: no\n", "exit 1").failed, 1);
  assert.is(readOutcome(uvu(2, 2, 0), "not done after 120 s").failed, 1);
  assert.is(readOutcome("", undefined).failed, 1);
  assert.is(readOutcome(uvu(0, 0, 0), undefined).failed, 1);
});

test("a file that says SKIP is skipped once, and a crash after it is a failure all the same", () => {
  const output = "SKIP test/rig/x.test.ts: needs root to boot machines\n";
  const expected = { passed: 0, failed: 0, skipped: 1, note: "needs root to boot machines" };
  assert.equal(readOutcome(output, undefined), expected);
  assert.is(readOutcome(output, "exit 1").failed, 1);
});

test("the last line names skipped tests only when there are any", () => {
  const outcome = { passed: 2, failed: 0, skipped: 0, note: undefined };
  assert.is(summary([outcome, { ...outcome, failed: 1 }]), "4 passed, 1 failed");
  assert.is(summary([outcome, { ...outcome, skipped: 1 }]), "4 passed, 0 failed, 1 skipped");
  assert.is(summary([]), "0 passed, 0 failed");
});

test.run();
