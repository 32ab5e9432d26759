import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type AuthorizedKey, authorize, keyComment } from "../../src/bootstrap/authorized-keys.ts";

const keyText = fc.stringMatching(/^[A-Za-z0-9+/]{8,20}$/).map((base64) => `ssh-ed25519 AAAA${base64}`);
const member = fc.stringMatching(/^[a-z][a-z0-9.-]{0,6}$/);
const keys: fc.Arbitrary<AuthorizedKey[]> = fc
  .uniqueArray(fc.record({ key: keyText, comment: member.map((name) => keyComment("harbour", name)) }), {
    selector: ({ comment }) => comment,
    maxLength: 5,
  })
  .map((list) => [...list]);
const foreignLine = fc.oneof(
  fc.constant(""),
  fc.constant("# flotilla harbour m1"),
  keyText.map((key) => `${key} alice@desk`),
  keyText.map((key) => `from="10.0.0.0/8",command="echo flotilla" ${key} backup`),
  keyText.map((key) => `${key} flotilla otherharbour m1`),
);
const foreignText = fc
  .tuple(fc.array(foreignLine, { maxLength: 6 }), fc.boolean())
  .map(([lines, isEnded]) => lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : ""));

test("every key is there once, and once more changes nothing", () => {
  void fc.assert(
    fc.property(foreignText, keys, (text, wanted) => {
      const once = authorize(text, wanted);
      for (const { key, comment } of wanted)
        assert.is(once.split("\n").filter((line) => line === `${key} ${comment}`).length, 1);
      assert.is(authorize(once, wanted), once);
    }),
  );
});

test("lines of others stay, byte for byte and in order", () => {
  void fc.assert(
    fc.property(foreignText, keys, keys, (text, before, after) => {
      const result = authorize(authorize(text, before), after);
      assert.ok(result.startsWith(text));
    }),
  );
});

test("a member's new key replaces its old one, wherever it stands", () => {
  const text = "ssh-rsa A alice\nssh-ed25519 OLD flotilla harbour m1\nssh-rsa B bob\n";
  assert.is(
    authorize(text, [{ key: "ssh-ed25519 NEW", comment: "flotilla harbour m1" }]),
    "ssh-rsa A alice\nssh-rsa B bob\nssh-ed25519 NEW flotilla harbour m1\n",
  );
});

test("options that somebody put before a key are kept, a second copy is not", () => {
  const line = 'from="10.0.0.0/8" ssh-ed25519 KEY flotilla harbour m1';
  const key = { key: "ssh-ed25519 KEY", comment: "flotilla harbour m1" };
  assert.is(authorize(`${line}\nssh-ed25519 KEY flotilla harbour m1\n`, [key]), `${line}\n`);
});

test("a last line without its end is not torn", () => {
  const key = { key: "ssh-ed25519 KEY", comment: "flotilla harbour m1" };
  assert.is(authorize("ssh-rsa A alice", [key]), "ssh-rsa A alice\nssh-ed25519 KEY flotilla harbour m1\n");
});

test.run();
