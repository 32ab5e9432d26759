import { malformed } from "./malformed.ts";
import { alignmentOf, type BasicCode, parseSignature, type Type } from "./signature.ts";
import type { Value, Variant } from "./value.ts";

/** Bytes under construction, always little endian; alignment counts from their start. */
interface Sheet {
  bytes: Buffer;
  length: number;
}

/** The bytes of `values`, which must fit `signature`; throws "dbus-malformed" when they do not. */
export function marshal(signature: string, values: readonly Value[]): Buffer {
  const types = parseSignature(signature);
  if (types.length !== values.length) throw malformed(`"${signature}" wants ${types.length} values`);
  const sheet: Sheet = { bytes: Buffer.alloc(256), length: 0 };
  writeAll(types, values, sheet);
  return sheet.bytes.subarray(0, sheet.length);
}

function writeAll(types: readonly Type[], values: readonly Value[], sheet: Sheet): void {
  if (types.length !== values.length) throw malformed("a struct has another number of members");
  types.forEach((type, index) => {
    writeValue(type, values[index], sheet);
  });
}

/** Makes room for `count` zero bytes and returns where they begin. */
function add(sheet: Sheet, count: number): number {
  const at = sheet.length;
  sheet.length += count;
  if (sheet.length > sheet.bytes.length)
    sheet.bytes = Buffer.concat([sheet.bytes, Buffer.alloc(Math.max(count, sheet.bytes.length))]);
  return at;
}

/** The place of a new item of `size` bytes on its boundary. */
function place(sheet: Sheet, boundary: number, size: number): number {
  add(sheet, (boundary - (sheet.length % boundary)) % boundary);
  return add(sheet, size);
}

function writeValue(type: Type, value: Value | undefined, sheet: Sheet): void {
  switch (type.code) {
    case "v":
      writeVariant(value, sheet);
      break;
    case "a":
      writeArray(type.element, list(value), sheet);
      break;
    case "(":
      place(sheet, 8, 0);
      writeAll(type.members, list(value), sheet);
      break;
    case "{":
      place(sheet, 8, 0);
      writeAll([type.key, type.value], list(value), sheet);
      break;
    default:
      writeBasic(type.code, value, sheet);
  }
}

function writeVariant(value: Value | undefined, sheet: Sheet): void {
  if (!isVariant(value)) throw malformed("a variant is expected");
  const types = parseSignature(value.signature);
  if (types.length !== 1) throw malformed("a variant has not exactly one type");
  writeBasic("g", value.signature, sheet);
  writeAll(types, [value.value], sheet);
}

function isVariant(value: Value | undefined): value is Variant {
  return typeof value === "object" && "signature" in value;
}

function writeArray(element: Type, values: readonly Value[], sheet: Sheet): void {
  const lengthAt = place(sheet, 4, 4);
  const start = place(sheet, alignmentOf(element.code), 0);
  for (const value of values) writeValue(element, value, sheet);
  sheet.bytes.writeUInt32LE(sheet.length - start, lengthAt); // without the padding before the first element
}

function writeBasic(code: BasicCode, value: Value | undefined, sheet: Sheet): void {
  const size = alignmentOf(code);
  const at = place(sheet, size, size);
  switch (code) {
    case "s":
    case "o":
      writeNumber("u", writeText(value, sheet), at, sheet);
      break;
    case "g":
      writeNumber("y", writeText(value, sheet), at, sheet);
      break;
    case "x":
    case "t":
      writeBigint(code, value, at, sheet);
      break;
    case "b":
      if (typeof value !== "boolean") throw malformed("a boolean is expected");
      writeNumber("u", value ? 1 : 0, at, sheet);
      break;
    default:
      writeNumber(code, value, at, sheet);
  }
}

function writeBigint(code: "x" | "t", value: Value | undefined, at: number, sheet: Sheet): void {
  if (typeof value !== "bigint") throw malformed("a 64 bit integer is expected");
  const fitting = code === "x" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  if (fitting !== value) throw malformed("an integer is out of its range");
  if (code === "x") sheet.bytes.writeBigInt64LE(value, at);
  else sheet.bytes.writeBigUInt64LE(value, at);
}

function writeNumber(
  code: "y" | "n" | "q" | "i" | "u" | "d",
  value: Value | undefined,
  at: number,
  { bytes }: Sheet,
): void {
  if (typeof value !== "number") throw malformed("a number is expected");
  if (code === "d") {
    bytes.writeDoubleLE(value, at);
    return;
  }
  const [least, most] = integerRange[code];
  if (!Number.isInteger(value) || value < least || value > most)
    throw malformed("an integer is out of its range");
  if (code === "y") bytes.writeUInt8(value, at);
  else if (code === "n") bytes.writeInt16LE(value, at);
  else if (code === "q") bytes.writeUInt16LE(value, at);
  else if (code === "i") bytes.writeInt32LE(value, at);
  else bytes.writeUInt32LE(value, at);
}

const integerRange = {
  y: [0, 255],
  n: [-32768, 32767],
  q: [0, 65535],
  i: [-2147483648, 2147483647],
  u: [0, 4294967295],
} as const;

/** Writes the text and its zero byte behind the place of its length, which it returns. */
function writeText(value: Value | undefined, sheet: Sheet): number {
  if (typeof value !== "string" || value.includes("\0"))
    throw malformed("a string without zero bytes is expected");
  const text = Buffer.from(value, "utf8");
  const at = add(sheet, text.length + 1); // may move the bytes, so it comes first
  text.copy(sheet.bytes, at);
  return text.length;
}

function list(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw malformed("an array is expected");
  return value;
}
