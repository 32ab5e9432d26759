import { existsSync, readdirSync, rmSync } from "node:fs";
import { cgroupsStartingWith } from "./cgroup.ts";
import { allClaims, releaseNumber } from "./claim.ts";
import { rigHome } from "./image.ts";
import { linksOf, removeLinks } from "./network.ts";
import { cutPower, sweep } from "./power.ts";
import { readPidFile } from "./process.ts";

/** Where a rig keeps all its state. */
export const rigDirectory = (name: string): string => `${rigHome}/rigs/${name}`;

/** The process that opened the rig and takes it down when it ends, if it lives. */
export const ownerOf = (name: string): number | undefined => readPidFile(`${rigDirectory(name)}/owner.pid`);

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * Removes all of a rig, whatever state it is in: machines, links, cgroups, disks. Synchronous: it runs in exit handlers.
 * Needs nothing but the rig's claim, so it also cleans up after a process that was killed.
 */
export function removeRig(name: string): void {
  const directory = rigDirectory(name);
  for (const { number } of allClaims().filter((claim) => claim.name === name)) {
    const prefix = `fl${number}m`;
    const onDisk = entriesOf(directory).flatMap((entry) => (/^m\d+$/.test(entry) ? [entry.slice(1)] : []));
    const running = cgroupsStartingWith(prefix).map((cgroup) => cgroup.slice(prefix.length));
    const machines = [...new Set([...onDisk, ...running])];
    for (const index of machines) cutPower(`${directory}/m${index}`, prefix + index);
    for (const index of machines) sweep(`${directory}/m${index}`, prefix + index);
    removeLinks(number);
    if (linksOf(number).length > 0)
      throw new Error(`rig ${name}: links ${linksOf(number)} cannot be removed`);
    releaseNumber(number);
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Removes every rig whose process ended without taking it down (SIGKILL); kept ones have no owner and stay. */
export function removeAbandonedRigs(): void {
  const names = [...allClaims().map((claim) => claim.name), ...entriesOf(`${rigHome}/rigs`)];
  for (const name of new Set(names)) {
    // A rig's directory, with its owner in it, is there before its claim is.
    const isOwnedOnce = !existsSync(rigDirectory(name)) || existsSync(`${rigDirectory(name)}/owner.pid`);
    if (isOwnedOnce && ownerOf(name) === undefined) removeRig(name);
  }
}
