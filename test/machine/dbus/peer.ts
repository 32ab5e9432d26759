import { marshal } from "../../../src/machine/dbus/marshal.ts";
import type { Value } from "../../../src/machine/dbus/value.ts";

/** A message as a peer would send it: `kind` 2 is a return, 3 an error, 4 a signal. */
export function peerMessage(
  kind: number,
  fields: [number, string, Value][],
  signature: string,
  body: Value[],
): Buffer {
  const bytes = marshal(signature, body);
  const all: [number, string, Value][] = signature ? [...fields, [8, "g", signature]] : fields;
  const header = marshal("yyyyuua(yv)", [
    108,
    kind,
    1,
    1,
    bytes.length,
    7,
    all.map(([code, type, value]) => [code, { signature: type, value }]),
  ]);
  return Buffer.concat([header, Buffer.alloc((8 - (header.length % 8)) % 8), bytes]);
}
