import { FlotillaError } from "../../error.ts";

/** Bytes that are no D-Bus message, or values that do not fit their signature. It ends the bus. */
export function malformed(what: string): FlotillaError {
  return new FlotillaError("dbus-malformed", `D-Bus: ${what}`);
}
