const prefix = "/org/freedesktop/systemd1/unit/";

/** The D-Bus object path of a unit: every byte but letters and digits is _xx, and so is a digit in front. */
export function unitPath(name: string): string {
  const bytes = [...Buffer.from(name, "utf8")];
  return (
    prefix +
    bytes.map((byte, index) => (isPlain(byte, index) ? String.fromCharCode(byte) : escaped(byte))).join("")
  );
}

/** The unit of an object path; undefined when it is not a unit's. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const bytes = path
    .slice(prefix.length)
    .replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function isPlain(byte: number, index: number): boolean {
  const character = String.fromCharCode(byte);
  return index === 0 ? /[A-Za-z]/.test(character) : /[A-Za-z0-9]/.test(character);
}

function escaped(byte: number): string {
  return `_${byte.toString(16).padStart(2, "0")}`;
}
