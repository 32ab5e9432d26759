import { FlotillaError } from "../error.ts";
import { normalizePath } from "./path.ts";

const plain = /[a-zA-Z0-9:_.]/;

/** Escapes any text so that it can stand in a unit name, as systemd-escape(1) does. */
export function escapeName(text: string): string {
  let escaped = "";
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    if (character === "/") escaped += "-";
    else if (plain.test(character) && !(character === "." && escaped === "")) escaped += character;
    else escaped += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return escaped;
}

/** The text behind escapeName(); undefined if a backslash in it escapes nothing. */
export function unescapeName(escaped: string): string | undefined {
  if (/\\(?!x[0-9a-fA-F]{2})/.test(escaped)) return undefined;
  const bytes = escaped
    .split(/(\\x..)/)
    .map((part) =>
      part.startsWith("\\x") ? Buffer.from(part.slice(2), "hex") : Buffer.from(part.replaceAll("-", "/")),
    );
  return Buffer.concat(bytes).toString();
}

/**
 * `/mnt/data` becomes `mnt-data`, `/` becomes `-`, as `systemd-escape --path`.
 * @throws FlotillaError `unit-path-invalid` for a path that is relative or has a `..`
 */
export function escapePath(path: string): string {
  const normal = normalizePath(path);
  if (normal === undefined)
    throw new FlotillaError("unit-path-invalid", `not a normalized absolute path: ${JSON.stringify(path)}`, {
      hint: "start it with / and leave out ..",
    });
  return normal === "/" ? "-" : escapeName(normal.slice(1));
}

/** `mnt-data` becomes `/mnt/data`; undefined as for unescapeName(). */
export function unescapePath(escaped: string): string | undefined {
  if (escaped === "-") return "/";
  const path = unescapeName(escaped);
  return path === undefined || path.startsWith("/") ? path : `/${path}`;
}

/** The only name that systemd accepts for the mount unit of this path: `/mnt/data` is `mnt-data.mount`. */
export function mountUnitName(path: string): string {
  return `${escapePath(path)}.mount`;
}
