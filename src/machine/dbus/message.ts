import { z } from "zod";
import { malformed } from "./malformed.ts";
import { marshal } from "./marshal.ts";
import { align, type Cursor, unmarshal } from "./unmarshal.ts";
import type { Value } from "./value.ts";

/** A method call; on systemd's private socket it needs no destination. */
export interface MethodCall {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly Value[];
}

export type Message =
  | { readonly kind: "return"; readonly replySerial: number; readonly body: readonly Value[] }
  | {
      readonly kind: "error";
      readonly replySerial: number;
      readonly name: string;
      readonly body: readonly Value[];
    }
  | {
      readonly kind: "signal";
      readonly path: string;
      readonly interface: string;
      readonly member: string;
      /** The first value if it is a string; bodies of signals are long, and this tells which are worth reading. */
      readonly arg0: string | undefined;
      /** Throws "dbus-malformed". */
      body(): readonly Value[];
    }
  | { readonly kind: "other" };

const protocolVersion = 1;
const methodCallType = 1;
const fixedHeaderBytes = 12;
/** Enough of a message to know its length: the fixed header and the length of the header fields. */
export const preludeBytes = fixedHeaderBytes + 4;
/** Everything about 1000 units fits in 1 MiB; the specification would allow 128 MiB. */
export const messageBytesMax = 16 * 2 ** 20;

export function encodeCall(serial: number, call: MethodCall): Buffer {
  const { signature = "", body = [] } = call;
  const bodyBytes = marshal(signature, body);
  const field = (code: number, type: string, value: string): Value => [code, { signature: type, value }];
  const header = marshal("yyyyuua(yv)", [
    "l".charCodeAt(0),
    methodCallType,
    0,
    protocolVersion,
    bodyBytes.length,
    serial,
    [
      field(1, "o", call.path),
      field(2, "s", call.interface),
      field(3, "s", call.member),
      ...(signature ? [field(8, "g", signature)] : []),
    ],
  ]);
  return Buffer.concat([header, Buffer.alloc(paddingTo8(header.length)), bodyBytes]);
}

/** The length of the message that begins with `prelude`. Throws "dbus-malformed" when it is none or too long. */
export function messageLength(prelude: Buffer): number {
  const order = prelude[0];
  if (order !== 0x6c && order !== 0x42) throw malformed("a message has no byte order");
  if (prelude[3] !== protocolVersion) throw malformed("a message is of another protocol version");
  const uint32 = (at: number) => (order === 0x6c ? prelude.readUInt32LE(at) : prelude.readUInt32BE(at));
  const headerLength = preludeBytes + uint32(fixedHeaderBytes);
  const length = headerLength + paddingTo8(headerLength) + uint32(4);
  if (length > messageBytesMax) throw malformed(`a message of ${length} bytes is too long`);
  return length;
}

const fieldsSchema = z.array(z.tuple([z.number(), z.object({ signature: z.string(), value: z.unknown() })]));
const headerSchema = z.tuple([
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  fieldsSchema,
]);
const text = z.string();
const serialNumber = z.number();

/** Reads one whole message. Throws "dbus-malformed". */
export function decodeMessage(bytes: Buffer): Message {
  const cursor: Cursor = { bytes, isLittleEndian: bytes[0] === 0x6c, at: 0 };
  const header = headerSchema.parse(unmarshal("yyyyuua(yv)", cursor));
  align(cursor, 8);
  const fields = new Map(header[6].map(([code, variant]) => [code, variant.value]));
  const required = <T>(schema: z.ZodType<T>, code: number): T => {
    const field = schema.safeParse(fields.get(code));
    if (!field.success) throw malformed(`header field ${code} is missing or of a wrong type`);
    return field.data;
  };
  const signature = fields.has(8) ? required(text, 8) : "";
  const body = () => {
    const start = { ...cursor };
    const values = unmarshal(signature, start);
    if (start.at !== bytes.length) throw malformed("a message is longer than its signature");
    return values;
  };
  switch (header[1]) {
    case 2:
      return { kind: "return", replySerial: required(serialNumber, 5), body: body() };
    case 3:
      return { kind: "error", replySerial: required(serialNumber, 5), name: required(text, 4), body: body() };
    case 4: {
      const arg0 = signature.startsWith("s") ? text.parse(unmarshal("s", { ...cursor })[0]) : undefined;
      const [path, member] = [required(text, 1), required(text, 3)];
      return { kind: "signal", path, interface: required(text, 2), member, arg0, body };
    }
    default:
      return { kind: "other" };
  }
}

function paddingTo8(length: number): number {
  return (8 - (length % 8)) % 8;
}
