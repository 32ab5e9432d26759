import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createFrameReader, encodeFrame } from "../../src/raft/frame.ts";

test("frames arrive whole, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" })),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (texts, sizes) => {
        const bytes = Buffer.concat(texts.map(encodeFrame));
        const seen: string[] = [];
        const read = createFrameReader(
          (text) => seen.push(text),
          () => 1024,
        );
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          read(bytes.subarray(at, at + size));
          at += size;
        }
        assert.equal(seen, texts);
      },
    ),
  );
});

test("a frame that is announced too long is refused before it is there", () => {
  const read = createFrameReader(
    () => assert.unreachable(),
    () => 10,
  );
  assert.throws(() => read(encodeFrame("12345678901").subarray(0, 4)), /frame of 11 bytes/);
});

test.run();
