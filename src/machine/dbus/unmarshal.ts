import { isUtf8 } from "node:buffer";
import { malformed } from "./malformed.ts";
import { alignmentOf, type BasicCode, depthMax, parseSignature, type Type } from "./signature.ts";
import type { Value } from "./value.ts";

/** Bytes and how far they were read. Alignment counts from their start. */
export interface Cursor {
  readonly bytes: Buffer;
  readonly isLittleEndian: boolean;
  at: number;
}

/** Reads the values of `signature`; everything that would leave the bytes throws "dbus-malformed". */
export function unmarshal(signature: string, cursor: Cursor): Value[] {
  return parseSignature(signature).map((type) => readValue(type, cursor, 0));
}

/** Skips the padding, which must be zero. */
export function align(cursor: Cursor, boundary: number): void {
  while (cursor.at % boundary !== 0)
    if (cursor.bytes[take(cursor, 1)] !== 0) throw malformed("padding is not zero");
}

/** Steps over `count` bytes and returns where they began. */
function take(cursor: Cursor, count: number): number {
  const at = cursor.at;
  if (at + count > cursor.bytes.length) throw malformed("message ends too early");
  cursor.at = at + count;
  return at;
}

function readValue(type: Type, cursor: Cursor, depth: number): Value {
  if (depth > depthMax) throw malformed("values are nested too deeply");
  align(cursor, alignmentOf(type.code));
  switch (type.code) {
    case "v":
      return readVariant(cursor, depth + 1);
    case "a":
      return readArray(type.element, cursor, depth + 1);
    case "(":
      return type.members.map((member) => readValue(member, cursor, depth + 1));
    case "{":
      return [readValue(type.key, cursor, depth + 1), readValue(type.value, cursor, depth + 1)];
    default:
      return readBasic(type.code, cursor);
  }
}

function readVariant(cursor: Cursor, depth: number): Value {
  const signature = readText(cursor, readByte(cursor));
  const [type, ...more] = parseSignature(signature);
  if (!type || more.length > 0) throw malformed("a variant has not exactly one type");
  return { signature, value: readValue(type, cursor, depth) };
}

function readArray(element: Type, cursor: Cursor, depth: number): Value {
  const length = readUint32(cursor);
  align(cursor, alignmentOf(element.code));
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw malformed("an array ends after its message");
  const values: Value[] = [];
  while (cursor.at < end) values.push(readValue(element, cursor, depth));
  if (cursor.at !== end) throw malformed("an array ends inside an element");
  return values;
}

function readBasic(code: BasicCode, cursor: Cursor): Value {
  const { bytes, isLittleEndian: little } = cursor;
  switch (code) {
    case "y":
      return readByte(cursor);
    case "b": {
      const flag = readUint32(cursor);
      if (flag > 1) throw malformed("a boolean is neither 0 nor 1");
      return flag === 1;
    }
    case "n":
      return little ? bytes.readInt16LE(take(cursor, 2)) : bytes.readInt16BE(take(cursor, 2));
    case "q":
      return little ? bytes.readUInt16LE(take(cursor, 2)) : bytes.readUInt16BE(take(cursor, 2));
    case "i":
      return little ? bytes.readInt32LE(take(cursor, 4)) : bytes.readInt32BE(take(cursor, 4));
    case "u":
      return readUint32(cursor);
    case "x":
      return little ? bytes.readBigInt64LE(take(cursor, 8)) : bytes.readBigInt64BE(take(cursor, 8));
    case "t":
      return little ? bytes.readBigUInt64LE(take(cursor, 8)) : bytes.readBigUInt64BE(take(cursor, 8));
    case "d":
      return little ? bytes.readDoubleLE(take(cursor, 8)) : bytes.readDoubleBE(take(cursor, 8));
    case "s":
    case "o":
      return readText(cursor, readUint32(cursor));
    case "g":
      return readText(cursor, readByte(cursor));
  }
}

function readByte(cursor: Cursor): number {
  return cursor.bytes.readUInt8(take(cursor, 1));
}

function readUint32(cursor: Cursor): number {
  const at = take(cursor, 4);
  return cursor.isLittleEndian ? cursor.bytes.readUInt32LE(at) : cursor.bytes.readUInt32BE(at);
}

function readText(cursor: Cursor, length: number): string {
  const at = take(cursor, length + 1);
  const text = cursor.bytes.subarray(at, at + length);
  if (cursor.bytes[at + length] !== 0 || text.includes(0))
    throw malformed("a string does not end at its zero byte");
  if (!isUtf8(text)) throw malformed("a string is not UTF-8");
  return text.toString("utf8");
}
