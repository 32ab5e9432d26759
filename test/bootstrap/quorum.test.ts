import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { planQuorum, type SeenMember } from "../../src/bootstrap/quorum.ts";
import type { Founding } from "../../src/bootstrap/state-dir.ts";

const blank = (name: string): SeenMember => ({ name, survey: { identity: undefined, logBytes: 0 } });
const named = (name: string, logBytes: number, cluster = "C"): SeenMember => ({
  name,
  survey: { identity: { cluster, id: `${name}.1` }, logBytes },
});
const inWords = (founding: Founding, seen: readonly SeenMember[], absent: readonly string[]): string => {
  const quorum = planQuorum("C", founding, seen, absent);
  switch (quorum.kind) {
    case "found":
      return `found on ${quorum.on}`;
    case "exists":
      return `exists: ${quorum.members.join(" ")}`;
    case "refused":
      return quorum.message;
  }
};

test("what becomes of the members that are found (lease.md, rule 18)", () => {
  const [m1, m2, m3] = [blank("m1"), blank("m2"), blank("m3")];
  const cases: readonly (readonly [string, Founding, SeenMember[], string[]])[] = [
    ["found on m1", "none", [m1, m2, m3], []],
    ["found on m1", "begun", [named("m1", 0), m2, m3], []],
    [
      "no cluster was founded: m3 could not be looked at, and may be what is left of one",
      "none",
      [m1, m2],
      ["m3"],
    ],
    [
      "no cluster was founded: m3 could not be looked at, and may be what is left of one",
      "begun",
      [m1, m2],
      ["m3"],
    ],
    ["exists: m2", "none", [m1, named("m2", 1), m3], []],
    ["exists: m2", "none", [m1, named("m2", 1)], ["m3"]],
    ["exists: m1 m2", "done", [named("m1", 9), named("m2", 9), m3], []],
    [
      "the cluster was founded, but none of the members that answer has its data (no answer: none)",
      "done",
      [m1, m2, m3],
      [],
    ],
    [
      "the cluster was founded, but none of the members that answer has its data (no answer: m2, m3)",
      "done",
      [m1],
      ["m2", "m3"],
    ],
    ["no cluster was founded: m2 belongs to another one", "none", [m1, named("m2", 1, "D"), m3], []],
    ["exists: m1", "done", [named("m1", 1), named("m2", 1, "D")], []],
    ["no cluster was founded: m1 could not be looked at, and may be what is left of one", "none", [], ["m1"]],
  ];
  for (const [expected, founding, seen, absent] of cases)
    assert.is(inWords(founding, seen, absent), expected);
});

test("nothing is ever founded beside data, a silent member, or a cluster that was founded before", () => {
  const member = fc.record({ logBytes: fc.nat(2), cluster: fc.constantFrom("C", "D", undefined) });
  void fc.assert(
    fc.property(
      fc.array(member, { maxLength: 5 }),
      fc.nat(2),
      fc.constantFrom<Founding>("none", "begun", "done"),
      (members, silent, founding) => {
        const seen = members.map(({ logBytes, cluster }, i): SeenMember => {
          const identity = cluster === undefined ? undefined : { cluster, id: `m${i}.1` };
          return { name: `m${i}`, survey: { identity, logBytes: identity ? logBytes : 0 } };
        });
        const absent = Array.from({ length: silent }, (_, i) => `s${i}`);
        if (planQuorum("C", founding, seen, absent).kind !== "found") return;
        assert.is(silent, 0);
        assert.is.not(founding, "done");
        assert.ok(seen.every(({ survey }) => survey.logBytes === 0 && survey.identity?.cluster !== "D"));
      },
    ),
  );
});

test.run();
