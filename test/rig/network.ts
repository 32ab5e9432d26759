import { readdirSync } from "node:fs";
import { command, tryCommand } from "./command.ts";

// A rig's links are all named after its number: bridge br-fl17, its far side br-fl17x, machine ports vb-fl17m1 (15 characters at most).

/** The bridge that the host and the machines are on. */
export const bridgeOf = (number: number): string => `br-fl${number}`;
/** The bridge of those who are cut off: carrier stays up, as with a switch that fails. */
export const farBridgeOf = (number: number): string => `br-fl${number}x`;
/** First three octets of the rig's subnet, out of those kept for testing devices (RFC 2544). */
export const subnetOf = (number: number): string => `198.18.${number}`;

const linkNames = (): string[] => readdirSync("/sys/class/net");

/** Whether neither a link nor a route of the host has this number yet. */
export function isNetworkFree(number: number, subnet: string): boolean {
  const isRouted = command("ip", "-4", "route", "show").includes(`${subnet}.0/`);
  return !isRouted && !linkNames().includes(bridgeOf(number));
}

/** Makes both bridges; the host is .1 on the near one. */
export function createBridges(number: number, subnet: string): void {
  const near = bridgeOf(number);
  command("ip", "link", "add", near, "type", "bridge");
  command("ip", "addr", "add", `${subnet}.1/24`, "dev", near);
  command("ip", "link", "set", near, "up");
  command("ip", "link", "add", farBridgeOf(number), "type", "bridge");
  command("ip", "link", "set", farBridgeOf(number), "up");
}

/** Moves a machine's port to another bridge; without a port (machine off) there is nothing to move. */
export function attachPort(machine: string, bridge: string): void {
  if (linkNames().includes(portOf(machine))) {
    command("ip", "link", "set", portOf(machine), "master", bridge, "up");
  }
}

/** Pulls the cable (networkd in the machine then drops the address) or puts it back. */
export function setCable(machine: string, isPlugged: boolean): void {
  command("ip", "link", "set", portOf(machine), isPlugged ? "up" : "down");
}

/** The host's end of a machine's veth link. */
export const portOf = (machine: string): string => `vb-${machine}`;

/** All links of this rig that exist. */
export function linksOf(number: number): string[] {
  const isOurs = (name: string) =>
    name === bridgeOf(number) || name === farBridgeOf(number) || name.startsWith(portOf(`fl${number}m`));
  return linkNames().filter(isOurs);
}

function removeLink(link: string): void {
  if (!linkNames().includes(link)) return;
  const { status, stderr } = tryCommand("ip", ["link", "del", link]);
  // A veth whose machine just died disappears by itself as well.
  if (status !== 0 && linkNames().includes(link)) throw new Error(`link ${link}: ${stderr.trim()}`);
}

/** Removes the port of a machine that is off; the kernel does so too, a little later. */
export const removePort = (machine: string): void => removeLink(portOf(machine));

/** Removes every link of this rig. */
export const removeLinks = (number: number): void => linksOf(number).forEach(removeLink);
