import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSignature } from "../../../src/machine/dbus/signature.ts";

test("a signature is a row of complete types", () => {
  assert.equal(parseSignature(""), []);
  assert.equal(parseSignature("sa{sv}"), [
    { code: "s" },
    { code: "a", element: { code: "{", key: { code: "s" }, value: { code: "v" } } },
  ]);
  assert.equal(parseSignature("a(ib)"), [
    { code: "a", element: { code: "(", members: [{ code: "i" }, { code: "b" }] } },
  ]);
});

test("anything else is malformed", () => {
  const wrong = [
    "a",
    "()",
    "(s",
    "s)",
    "{sv}",
    "a{s}",
    "a{vs}",
    "a{svs}",
    "h",
    "Z",
    "a".repeat(66),
    "s".repeat(256),
  ];
  for (const signature of wrong)
    assert.throws(
      () => parseSignature(signature),
      (error: { code?: string }) => error.code === "dbus-malformed",
      signature,
    );
});

test.run();
