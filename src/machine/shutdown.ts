import { FlotillaError } from "../error.ts";
import { openCommand } from "./channel.ts";
import { readLines } from "./lines.ts";
import { asRoot } from "./shell.ts";
import type { Connection } from "./ssh.ts";

/** An orderly shutdown or reboot of the machine, as logind announces it. */
export interface Shutdown {
  /** Hears that one is coming, or that it was called off. */
  onShutdown(listener: (isComing: boolean) => void): void;
  /** Holds it back no longer. logind waits 5 s at most for it (InhibitDelayMaxSec=). */
  allowShutdown(): void;
}

const match = "type='signal',sender='org.freedesktop.login1',member='PrepareForShutdown'";
/** The lock and the watch live as long as stdin is open, so they end with the connection. */
const watch = `busctl --json=short --match="${match}" monitor & cat >/dev/null; kill $!`;
export const delayCommand = [
  "systemd-inhibit",
  "--what=shutdown",
  "--mode=delay",
  "--who=Flotilla",
  "--why=moving units to other machines",
  "sh",
  "-c",
  watch,
];

/** Asks logind to wait for us at a shutdown. A machine without logind shuts down without telling: that is no error. */
export async function delayShutdown(connection: Connection): Promise<Shutdown> {
  const channel = await openCommand(connection, asRoot(connection.user, delayCommand));
  channel.stderr.resume();
  let listener: (isComing: boolean) => void = () => {};
  const malformed = () =>
    connection.life.end(
      new FlotillaError("shutdown-malformed", "busctl wrote a line without end", { at: connection.at }),
    );
  readLines(
    channel,
    (line) => {
      if (line.includes('"PrepareForShutdown"')) listener(line.includes('"data":[true]'));
    },
    malformed,
  );
  return {
    onShutdown: (listen) => {
      listener = listen;
    },
    allowShutdown: () => void channel.end(),
  };
}
