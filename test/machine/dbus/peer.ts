import { marshal } from "../../../src/machine/dbus/marshal.ts";
import type { Value } from "../../../src/machine/dbus/value.ts";

type Field = readonly [code: number, type: string, value: Value];

/** A message as systemd would send it. */
function message(kind: number, fields: readonly Field[], signature: string, body: readonly Value[]): Buffer {
  const bytes = marshal(signature, body);
  const all: readonly Field[] = signature ? [...fields, [8, "g", signature]] : fields;
  const variants = all.map(([code, type, value]): Value => [code, { signature: type, value }]);
  const header = marshal("yyyyuua(yv)", [108, kind, 1, 1, bytes.length, 7, variants]);
  return Buffer.concat([header, Buffer.alloc((8 - (header.length % 8)) % 8), bytes]);
}

export function returned(serial: number, signature = "", ...body: readonly Value[]): Buffer {
  return message(2, [[5, "u", serial]], signature, body);
}

export function refused(serial: number, name: string, text: string): Buffer {
  const fields: readonly Field[] = [
    [5, "u", serial],
    [4, "s", name],
  ];
  return message(3, fields, "s", [text]);
}

export function signalled(
  path: string,
  interfaceName: string,
  member: string,
  signature: string,
  ...body: readonly Value[]
): Buffer {
  const fields: readonly Field[] = [
    [1, "o", path],
    [2, "s", interfaceName],
    [3, "s", member],
  ];
  return message(4, fields, signature, body);
}

/** A return that does not say to which call. */
export function returnedToNobody(): Buffer {
  return message(2, [], "", []);
}
