import { FlotillaError } from "../error.ts";
import { crc32 } from "./crc32.ts";

/*
 * A record: length (u32), sum of the payload (u32), sum of these eight bytes (u32), payload. Each sum goes on from the
 * sum of the record before, so that a missing or repeated record shows. The header has a sum of its own because a
 * damaged length would otherwise look like a torn tail, and everything behind it would be thrown away.
 */
const headerBytes = 12;
const maxRecordBytes = 256 << 20;

export interface StoredRecord {
  readonly payload: Buffer;
  /** Where it begins in the file. */
  readonly offset: number;
}

export interface Records {
  readonly records: readonly StoredRecord[];
  /** Bytes of whole records; what follows was torn. */
  readonly end: number;
  /** What the next record's sum goes on from. */
  readonly sum: number;
}

/** The bytes of one record behind a record whose sum is `previous` (0 for the first). */
export function encodeRecord(payload: Buffer, previous: number): { bytes: Buffer; sum: number } {
  if (payload.length > maxRecordBytes)
    throw new FlotillaError(
      "log-record-too-large",
      `a record of ${payload.length} bytes exceeds ${maxRecordBytes}`,
    );
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  const sum = crc32(payload, previous);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt32LE(sum, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8), previous), 8);
  payload.copy(bytes, headerBytes);
  return { bytes, sum };
}

/**
 * The records of a file. A tail that was torn while it was written (the file ends inside its last record, or only zeros
 * follow) is left out; any other damage throws "log-corrupt" with the file and the offset.
 */
export function decodeRecords(file: Buffer, name: string): Records {
  const written = lengthWithoutZeros(file);
  const records: StoredRecord[] = [];
  let offset = 0;
  let sum = 0;
  // A payload is JSON and never ends in a zero, so zeros at the end of the file were never written.
  while (offset + headerBytes <= written) {
    const length = file.readUInt32LE(offset);
    const start = offset + headerBytes;
    if (crc32(file.subarray(offset, offset + 8), sum) !== file.readUInt32LE(offset + 8))
      throw corrupt(name, offset, "the header of a record");
    if (start + length > written) break;
    const payload = file.subarray(start, start + length);
    const expected = file.readUInt32LE(offset + 4);
    if (crc32(payload, sum) !== expected) throw corrupt(name, offset, "a record");
    records.push({ payload, offset });
    sum = expected;
    offset = start + length;
  }
  return { records, end: offset, sum };
}

function lengthWithoutZeros(file: Buffer): number {
  let length = file.length;
  while (length > 0 && file[length - 1] === 0) length--;
  return length;
}

/** The error for a log that cannot be trusted any more. */
export function corrupt(name: string, offset: number, what: string): FlotillaError {
  return new FlotillaError("log-corrupt", `${what} does not match its checksum or its neighbours`, {
    at: `${name}:${offset}`,
    hint: "the disk lost data: remove this member from the cluster and add it again with an empty data directory",
  });
}
