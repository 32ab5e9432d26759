import type { LeaseParameters } from "./bound.ts";
import { guardScript } from "./guard.ts";
import { leaseSlice, leaseTarget, runDirectory, unitDirectory } from "./places.ts";

/** A file for a machine, as it is to be there. */
export interface MachineFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

const script = `${unitDirectory}/flotilla-guard.sh`;
const held = `${runDirectory}/held`;

/** No Restart= limit, no slice that others fill, no order that shutdown could use against it. */
const guard = `[Unit]
Description=Lease guard %i: stops exclusive units when their lease ends
DefaultDependencies=no
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/bash ${script} %i
ExecStopPost=/bin/bash ${script} %i post
Restart=always
RestartSec=100ms
TimeoutStopSec=20s
Slice=-.slice
Nice=-20
OOMScoreAdjust=-1000
`;

const target = `[Unit]
Description=Lease held: exclusive units may run (started by the guards alone)
DefaultDependencies=no
Requires=flotilla-held.service
After=flotilla-held.service
Conflicts=shutdown.target
Before=shutdown.target
`;

/** Tells the guards without a fork whether the target is up: it comes first and goes last, after every exclusive unit. */
const companion = `[Unit]
Description=Lease held: tells the guards that the target is up
DefaultDependencies=no
PartOf=${leaseTarget}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'mkdir -p -m 700 ${runDirectory} && echo 1 >${held}'
ExecStopPost=-/bin/sh -c ': >${held}'
`;

const slice = `[Unit]
Description=Exclusive units: killed as one when the lease ends
DefaultDependencies=no
`;

/**
 * What a machine needs before it may run exclusive units. A changed guard script is taken up by the running guards
 * within two ticks, without touching a unit; the unit files need a daemon-reload.
 */
export function machineFiles(lease: LeaseParameters): readonly MachineFile[] {
  const files: readonly (readonly [path: string, text: string])[] = [
    [script, guardScript(lease)],
    [`${unitDirectory}/flotilla-guard@.service`, guard],
    [`${unitDirectory}/${leaseTarget}`, target],
    [`${unitDirectory}/flotilla-held.service`, companion],
    [`${unitDirectory}/${leaseSlice}`, slice],
  ];
  return files.map(([path, text]) => ({ path, text, mode: 0o644 }));
}
