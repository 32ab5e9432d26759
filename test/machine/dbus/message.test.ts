import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../../src/error.ts";
import { authRequest, createFramer } from "../../../src/machine/dbus/frames.ts";
import { decodeMessage, encodeCall, messageLength } from "../../../src/machine/dbus/message.ts";
import { refused, returned, returnedToNobody, signalled } from "./peer.ts";

const stopCall = encodeCall(1, {
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
  member: "StopUnit",
  signature: "ss",
  body: ["a.service", "replace"],
});

test("a call has its length in front", () => {
  assert.is(messageLength(stopCall.subarray(0, 16)), stopCall.length);
  assert.equal(decodeMessage(stopCall), { kind: "other" });
});

test("returns, errors and signals are told apart", () => {
  assert.equal(decodeMessage(returned(9, "s", "x")), { kind: "return", replySerial: 9, body: ["x"] });
  assert.equal(decodeMessage(refused(9, "a.b", "why")), {
    kind: "error",
    replySerial: 9,
    name: "a.b",
    body: ["why"],
  });
  const signal = decodeMessage(signalled("/a", "i.f", "Changed", "su", "first", 1));
  assert.ok(signal.kind === "signal");
  const { body, ...head } = signal;
  assert.equal(head, { kind: "signal", path: "/a", interface: "i.f", member: "Changed", arg0: "first" });
  assert.equal(body(), ["first", 1]);
  assert.throws(() => decodeMessage(returnedToNobody()), /header field 5/);
});

test("AUTH carries the uid in hex digits of its text", () => {
  assert.is(authRequest(1000).toString("latin1"), "\0AUTH EXTERNAL 31303030\r\nBEGIN\r\n");
});

test("messages are found however the stream is cut", () => {
  const messages = [returned(1, "s", "x".repeat(3000)), stopCall, returned(2)];
  const stream = Buffer.concat([Buffer.from("OK 1234\r\n"), ...messages]);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
      const found: Buffer[] = [];
      const feed = createFramer(
        () => {},
        (message) => found.push(message),
      );
      const ends = [...cuts.sort((a, b) => a - b), stream.length];
      for (const [index, end] of ends.entries()) feed(stream.subarray(ends[index - 1] ?? 0, end));
      assert.equal(
        found.map((message) => message.toString("hex")),
        messages.map((message) => message.toString("hex")),
      );
    }),
  );
});

test("random bytes give messages or malformed, nothing else", () => {
  const flipped = [
    stopCall,
    signalled("/a", "i.f", "M", "sa{sv}", "x", [["k", { signature: "as", value: ["v"] }]]),
  ].map((good) =>
    fc
      .tuple(fc.nat(good.length - 1), fc.nat(255))
      .map(([at, byte]) => Buffer.concat([good.subarray(0, at), Buffer.of(byte), good.subarray(at + 1)])),
  );
  const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(...flipped, random), fc.boolean(), (bytes, isAuthenticated) => {
      const feed = createFramer(
        () => {},
        (message) => void decodeMessage(message),
      );
      try {
        if (isAuthenticated) feed(Buffer.from("OK 1\r\n"));
        feed(bytes);
      } catch (error) {
        assert.ok(error instanceof FlotillaError && error.code === "dbus-malformed", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("a message that is too long, or a refused authentication, ends at once", () => {
  const long = Buffer.from("6c01000100000040010000000000000000", "hex");
  assert.throws(() => messageLength(long), /too long/);
  assert.throws(
    () =>
      createFramer(
        () => {},
        () => {},
      )(Buffer.from("REJECTED EXTERNAL\r\n")),
    /authentication failed: "REJECTED/,
  );
  assert.throws(
    () =>
      createFramer(
        () => {},
        () => {},
      )(Buffer.alloc(600, 65)),
    /authentication failed/,
  );
});

test.run();
