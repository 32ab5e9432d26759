import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeProof, type Proof, proofSchema } from "../../src/lease/proof.ts";

const seen = { machine: "m2", bootId: "b1" };
const proofs: readonly [Proof, string][] = [
  [{ kind: "stopped", ...seen }, "systemd on m2 acknowledged the stop"],
  [{ kind: "new-boot", ...seen, now: "b2" }, "m2 came back under boot b2 with nothing of it running"],
  [{ kind: "fence-device", ...seen, device: "ipmi-2" }, "ipmi-2 reported that m2 is switched off"],
  [
    { kind: "lease-bound", ...seen, since: "suspicion", waitedMs: 5_040 },
    "the lease of m2 is over for certain: 5.0 s since the suspicion",
  ],
  [
    { kind: "operator", ...seen, operator: "ada", earlyMs: 1_250 },
    "ada said that m2 is down, 1.3 s before the lease's bound",
  ],
];

test("each proof survives the log and reads as a sentence", () => {
  for (const [proof, sentence] of proofs) {
    assert.equal(proofSchema.parse(JSON.parse(JSON.stringify(proof))), proof);
    assert.is(describeProof(proof), sentence);
  }
});

test("silence is no proof", () => {
  assert.throws(() => proofSchema.parse({ kind: "unreachable", ...seen }));
});

test.run();
