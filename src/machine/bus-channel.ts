import type { Duplex } from "node:stream";
import { FlotillaError } from "../error.ts";
import { openCommand, openSocket, tailOf } from "./channel.ts";
import { asRoot } from "./shell.ts";
import type { Connection } from "./ssh.ts";

/** systemd's own socket: it needs no dbus-daemon, and only root may use it. */
const privateSocket = "/run/systemd/private";
export const bridgeCommand = ["systemd-stdio-bridge", `--bus-path=unix:path=${privateSocket}`];

/** A stream to systemd's D-Bus, at whose other end we are root: forwarded when possible, else through systemd-stdio-bridge. */
export async function openBusChannel(connection: Connection): Promise<Duplex> {
  if (connection.user === "root") {
    try {
      return await openSocket(connection, privateSocket);
    } catch (error) {
      // Hardened machines switch AllowStreamLocalForwarding off.
      if (!(error instanceof FlotillaError && error.code === "channel-refused")) throw error;
    }
  }
  const bridge = await openCommand(connection, asRoot(connection.user, bridgeCommand));
  const stderr = tailOf(bridge.stderr);
  bridge.on("exit", (code) => {
    const message = `${bridgeCommand[0]} ended with ${code}: ${stderr()}`;
    connection.life.end(new FlotillaError("dbus-closed", message, { at: connection.at }));
  });
  return bridge;
}
