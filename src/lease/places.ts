/** Everything that the scripts keep on a machine; it vanishes with a boot, and so does the lease. */
export const runDirectory = "/run/flotilla";
/** Where units are pushed: a machine that reboots comes up empty (lease.md, rule 10). */
export const unitDirectory = "/run/systemd/system";
export const unitFilePath = (unit: string) => `${unitDirectory}/${unit}`;

export const leaseTarget = "flotilla-lease.target";
export const leaseSlice = "flotilla.slice";
/** Both run wherever exclusive units may run; one alone is enough to fence. */
export const guardUnits = ["flotilla-guard@a.service", "flotilla-guard@b.service"] as const;

/** Not empty while exclusive units may start; the guards alone write it. */
export const validFile = `${runDirectory}/valid`;
/** The file without which an exclusive unit does not start (rule 11). */
export const gatePath = (unit: string) => `${runDirectory}/placed/${unit}`;

/** The furthest that a deadline may lie ahead of a machine's clock: a planned pause, and 10 s for the message. */
export const furthestDeadlineCs = 91_000;
