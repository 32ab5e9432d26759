import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../../src/error.ts";
import { marshal } from "../../../src/machine/dbus/marshal.ts";
import { unmarshal } from "../../../src/machine/dbus/unmarshal.ts";
import type { Value } from "../../../src/machine/dbus/value.ts";

type Typed = { readonly signature: string; readonly value: Value };

const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((string) => !string.includes("\0"));
const typed = (signature: string, values: fc.Arbitrary<Value>): fc.Arbitrary<Typed> =>
  values.map((value) => ({ signature, value }));

const basic: fc.Arbitrary<Typed> = fc.oneof(
  typed("y", fc.integer({ min: 0, max: 255 })),
  typed("b", fc.boolean()),
  typed("n", fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })),
  typed("q", fc.integer({ min: 0, max: 2 ** 16 - 1 })),
  typed("i", fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  typed("u", fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  typed("x", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  typed("t", fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  typed("d", fc.double({ noNaN: true })),
  typed("s", text),
  typed("o", text),
  typed("g", fc.constantFrom("", "s", "a{sv}")),
);

const { any } = fc.letrec<{ any: Typed }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    basic,
    tie("any").map((inner): Typed => ({ signature: "v", value: inner })),
    fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map(
      (members): Typed => ({
        signature: `(${members.map((member) => member.signature).join("")})`,
        value: members.map((member) => member.value),
      }),
    ),
    fc.tuple(tie("any"), fc.nat(3)).map(
      ([element, count]): Typed => ({
        signature: `a${element.signature}`,
        value: Array.from({ length: count }, () => element.value),
      }),
    ),
    fc.tuple(basic, tie("any"), fc.nat(3)).map(
      ([key, value, count]): Typed => ({
        signature: `a{${key.signature}${value.signature}}`,
        value: Array.from({ length: count }, () => [key.value, value.value]),
      }),
    ),
  ),
}));

const read = (signature: string, bytes: Buffer, isLittleEndian = true) =>
  unmarshal(signature, { bytes, isLittleEndian, at: 0 });

const isMalformed = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof FlotillaError && error.code === "dbus-malformed") return true;
    throw error;
  }
  return false;
};

test("what was marshalled is read back", () => {
  fc.assert(
    fc.property(fc.array(any, { maxLength: 4 }), (all) => {
      const signature = all.map((one) => one.signature).join("");
      fc.pre(signature.length < 256);
      const values = all.map((one) => one.value);
      assert.equal(read(signature, marshal(signature, values)), values);
    }),
  );
});

test("every cut of a message is refused, never misread beyond its end", () => {
  fc.assert(
    fc.property(
      any,
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      ({ signature, value }, part) => {
        fc.pre(signature.length < 256);
        const bytes = marshal(signature, [value]);
        const cut = bytes.subarray(0, Math.floor(bytes.length * part));
        assert.ok(isMalformed(() => read(signature, cut)));
      },
    ),
  );
});

test("random bytes under any signature are values or malformed, nothing else", () => {
  const signature = fc.oneof(
    any.map((one) => one.signature),
    fc.string({ unit: fc.constantFrom(..."ybnqiuxtdsogvha(){}"), maxLength: 12 }),
  );
  fc.assert(
    fc.property(signature, fc.uint8Array({ maxLength: 200 }), fc.boolean(), (type, bytes, isLittleEndian) => {
      isMalformed(() => read(type, Buffer.from(bytes), isLittleEndian));
    }),
    { numRuns: 2000 },
  );
});

test("the bytes are those of the specification", () => {
  assert.is(marshal("yu", [1, 2]).toString("hex"), "0100000002000000");
  assert.is(marshal("s", ["foo"]).toString("hex"), "03000000666f6f00");
  assert.is(marshal("g", ["a{sv}"]).toString("hex"), "05617b73767d00");
  assert.is(
    marshal("ax", [[]]).toString("hex"),
    "0000000000000000",
    "an empty array is padded for its elements",
  );
  assert.is(marshal("v", [{ signature: "b", value: true }]).toString("hex"), "0162000001000000");
  assert.equal(read("yui", Buffer.from("0100000000000002ffffffff", "hex"), false), [1, 2, -1], "big endian");
});

test("values that do not fit their signature are refused", () => {
  const misfits: [string, Value[]][] = [
    ["u", [-1]],
    ["y", [256]],
    ["i", [0.5]],
    ["x", [1]],
    ["t", [2n ** 64n]],
    ["s", [1]],
    ["s", ["a\0b"]],
    ["b", [1]],
    ["as", ["a"]],
    ["(ss)", [["a"]]],
    ["v", ["a"]],
    ["v", [{ signature: "ss", value: "a" }]],
    ["ss", ["a"]],
  ];
  for (const [signature, values] of misfits)
    assert.ok(
      isMalformed(() => marshal(signature, values)),
      signature,
    );
});

test("bad padding, booleans, strings and depths are refused", () => {
  const bad: [string, string][] = [
    ["yu", "0101000002000000"],
    ["b", "02000000"],
    ["s", "01000000ff00"],
    ["s", "0200000061006200"],
    ["s", "ffffffff6100"],
    ["au", "0600000001000000020000"],
    ["au", "ffffff7f01000000"],
    ["v", "0261610000000000"],
    ["v", `${"017600".repeat(100)}`],
  ];
  for (const [signature, hex] of bad)
    assert.ok(
      isMalformed(() => read(signature, Buffer.from(hex, "hex"))),
      signature,
    );
});

test.run();
