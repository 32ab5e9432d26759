import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { crc32, crc32ByTable } from "../../src/raft/crc32.ts";
import { decodeRecords, encodeRecord } from "../../src/raft/record.ts";

/** A file of records, as text and as bytes, and where each record ends. */
function fileOf(texts: readonly string[]): { file: Buffer; ends: number[] } {
  let sum = 0;
  const parts: Buffer[] = [];
  const ends: number[] = [];
  for (const text of texts) {
    const record = encodeRecord(Buffer.from(JSON.stringify(text)), sum);
    ({ sum } = record);
    parts.push(record.bytes);
    ends.push((ends.at(-1) ?? 0) + record.bytes.length);
  }
  return { file: Buffer.concat(parts), ends };
}

const textsIn = (file: Buffer) =>
  decodeRecords(file, "log").records.map(({ payload }) => JSON.parse(payload.toString()));
const texts = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { minLength: 1, maxLength: 8 });

test("what was written is read", () => {
  fc.assert(fc.property(texts, (written) => assert.equal(textsIn(fileOf(written).file), written)));
});

test("a file cut off anywhere gives the records before the cut, also with zeros behind it", () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat({ max: 30 }), (written, where, zeros) => {
      const { file, ends } = fileOf(written);
      const cut = where % (file.length + 1);
      const whole = ends.filter((end) => end <= cut).length;
      const torn = Buffer.concat([file.subarray(0, cut), Buffer.alloc(zeros)]);
      assert.equal(textsIn(torn), written.slice(0, whole));
      assert.is(decodeRecords(torn, "log").end, ends[whole - 1] ?? 0);
    }),
  );
});

test("a flipped bit is refused with the file and the offset of its record", () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat({ max: 7 }), (written, where, bit) => {
      const { file, ends } = fileOf(written);
      const at = where % file.length;
      file[at] = file[at]! ^ (1 << bit);
      const start = ends.filter((end) => end <= at).at(-1) ?? 0;
      assert.throws(
        () => decodeRecords(file, "/data/log"),
        (error: unknown) =>
          error instanceof FlotillaError && error.code === "log-corrupt" && error.at === `/data/log:${start}`,
      );
    }),
  );
});

test("a record that is missing in the middle is refused, and so is one that is there twice", () => {
  const { file, ends } = fileOf(["one", "two", "three"]);
  const [first = 0, second = 0] = ends;
  const refused = (error: unknown) => error instanceof FlotillaError && error.code === "log-corrupt";
  assert.throws(() => textsIn(Buffer.concat([file.subarray(0, first), file.subarray(second)])), refused);
  assert.throws(() => textsIn(Buffer.concat([file.subarray(0, second), file.subarray(first)])), refused);
});

test("both ways to sum agree", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, seed) =>
      assert.is(crc32(bytes, seed), crc32ByTable(bytes, seed)),
    ),
  );
});

test.run();
