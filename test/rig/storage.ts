import { chmodSync, mkdirSync } from "node:fs";

/** Storage that outlives every machine. It does not go over the rig's network: it stays reachable in a partition, as a test of two writers needs it. */
export interface Storage {
  /** Where the host sees it. */
  readonly directory: string;
  /** Where every machine sees it; flock is honoured across the machines. */
  readonly mountPoint: string;
}

/** The shared directory of the rig in `rigDirectory`, a stand-in for a NAS. */
export function openStorage(rigDirectory: string): Storage {
  const directory = `${rigDirectory}/nas`;
  mkdirSync(directory, { recursive: true });
  // Services of any user write there, as on an export without root squashing.
  chmodSync(directory, 0o1777);
  return { directory, mountPoint: "/srv/nas" };
}
