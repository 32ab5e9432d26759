import { execFile } from "node:child_process";
import type { Log } from "../log.ts";

/**
 * Tells systemd about this service (sd_notify(3)). Node has no datagram unix sockets, so systemd-notify does it, which
 * needs NotifyAccess=all.
 */
export function notify(log: Log, ...states: readonly string[]): void {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  execFile("systemd-notify", ["--no-block", ...states], (error) => {
    if (error) log("warning", `systemd-notify: ${error.message}`);
  });
}
