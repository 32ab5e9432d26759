import { once } from "node:events";
import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { FlotillaError } from "../error.ts";

/**
 * Makes this process the only flotillad in a data directory until it ends, however it ends: a second one would take
 * the record that the first is just writing for a torn tail, and cut it off. Makes the directory if it is absent.
 * Throws "data-directory-taken".
 */
export async function claimDataDirectory(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { dev, ino } = statSync(directory);
  // Node has no flock(2). An abstract socket's name, too, belongs to one process and is free again when that is gone.
  const claim = createServer().listen(`\0flotillad ${dev} ${ino}`).unref();
  try {
    await once(claim, "listening");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) throw cause;
    throw new FlotillaError("data-directory-taken", "another flotillad works in this data directory", {
      at: directory,
      hint: "stop that one first (systemctl stop flotillad), or give this one another --data-dir",
    });
  }
}
