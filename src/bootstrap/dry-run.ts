import { createClient } from "../api/client.ts";
import type { MachineView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { type ClusterView, formerIds, planEnrolment, planLease } from "./agreement.ts";
import { apiOf, type ClusterCredentials } from "./credentials.ts";
import { describeEnrolment, describeLease, enrollableOf } from "./enrolment.ts";
import type { Quorum } from "./quorum.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";

interface Rehearsing {
  readonly members: readonly Site[];
  readonly sites: readonly Site[];
  readonly quorum: Quorum;
  readonly credentials: ClusterCredentials;
}

/** Says what would be done to members and machines; a living cluster is asked, nothing is changed. */
export async function rehearseCluster(
  run: Run,
  { members, sites, quorum, credentials }: Rehearsing,
): Promise<readonly MachineView[] | undefined> {
  const { report, file } = run;
  if (quorum.kind === "refused") throw new FlotillaError("no-quorum", quorum.message, { hint: quorum.hint });
  const view = quorum.kind === "exists" ? await askCluster(run, members, credentials) : undefined;
  for (const { machine, survey } of members) {
    const { name } = machine;
    if (quorum.kind === "found" && quorum.on === name) report.changed(name, `found cluster ${file.name}`);
    else if (survey.logBytes === 0) {
      for (const former of formerIds(view?.members ?? [], name, survey.identity?.id))
        report.changed(name, `remove member ${former}, whose data is lost`);
      report.changed(name, "join as a member");
    }
    if (!survey.isActive) report.changed(name, "start flotillad");
  }
  if (quorum.kind === "exists" && !view) return undefined;
  const lease = view ? planLease(file, view.lease) : file.lease;
  if (lease && Object.keys(lease).length > 0) report.changed("cluster", describeLease(lease));
  for (const step of planEnrolment(sites.map(enrollableOf), view?.machines ?? []))
    report.changed(step.on, describeEnrolment(step));
  return view?.machines;
}

/** Undefined when no running member answers; a real run would start the others first. */
async function askCluster(
  run: Run,
  members: readonly Site[],
  { operator }: ClusterCredentials,
): Promise<ClusterView | undefined> {
  for (const { machine, survey } of members) {
    if (!survey.isActive) continue;
    const endpoint = apiOf(machine, run.file, operator);
    const client = createClient({ endpoint, clock: run.clock, signal: run.signal });
    try {
      const [{ members: known }, { machines }, lease] = await Promise.all([
        client.members(),
        client.machines(),
        client.lease(),
      ]);
      return { members: known, machines, lease };
    } catch {
      run.signal.throwIfAborted();
    }
  }
  run.report.warn("cluster", {
    message: "no running member answers, so the machines' enrolment was not compared",
  });
  return undefined;
}
