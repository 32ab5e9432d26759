import { createClient } from "../api/client.ts";
import type { MachineView } from "../api/contract.ts";
import { type ClusterView, planEnrolment, planLease } from "./agreement.ts";
import { apiOf } from "./credentials.ts";
import { describeEnrolment, describeLease, enrollableOf } from "./enrolment.ts";
import { describeMemberStep, planMembers, planStarts } from "./member-steps.ts";
import { type Assembling, preparedMembers } from "./membership.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";

/** What a cluster that is yet to be founded knows. */
const nothing: ClusterView = { members: [], machines: [], lease: { ttlMs: 3_000, graceMs: 500 } };

/** Says what would be done to members and machines; a living cluster is asked, nothing is changed. */
export async function rehearseCluster(
  run: Run,
  assembling: Assembling,
  sites: readonly Site[],
): Promise<readonly MachineView[] | undefined> {
  const { report, file } = run;
  const { quorum } = assembling;
  const prepared = preparedMembers(run, assembling);
  for (const step of planStarts(quorum, prepared)) report.changed(step.on, describeMemberStep(step));
  const view = quorum.kind === "exists" ? await askCluster(run, assembling) : nothing;
  if (!view) {
    const message = "no running member answers for a quorum, so members and machines were not compared";
    report.warn("cluster", { message });
    return undefined;
  }
  for (const step of planMembers(quorum, prepared, view.members)) {
    if (step.kind === "expelled") report.fail(step.on, { message: describeMemberStep(step) });
    else report.changed(step.on, describeMemberStep(step));
  }
  const lease = planLease(file, view.lease);
  if (lease) report.changed("cluster", describeLease(lease));
  for (const step of planEnrolment(sites.map(enrollableOf), view.machines))
    report.changed(step.on, describeEnrolment(step));
  return view.machines;
}

/** Undefined when no running member answers; a real run would start the others first. */
async function askCluster(run: Run, { members, credentials }: Assembling): Promise<ClusterView | undefined> {
  for (const { machine, survey } of members) {
    if (!survey.isActive) continue;
    const endpoint = apiOf(machine, run.file, credentials.operator);
    const client = createClient({ endpoint, clock: run.clock, signal: run.signal });
    try {
      const [known, { machines }, lease] = await Promise.all([
        client.members(),
        client.machines(),
        client.lease(),
      ]);
      return { members: known.members, machines, lease };
    } catch {
      run.signal.throwIfAborted();
    }
  }
  return undefined;
}
