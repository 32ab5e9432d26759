import { type Client, createClient } from "../api/client.ts";
import { FlotillaError } from "../error.ts";
import { apiOf, type ClusterCredentials } from "./credentials.ts";
import { controlService, runFlotillad } from "./doing.ts";
import {
  describeMemberStep,
  hasData,
  type MemberStep,
  type PreparedMember,
  planMembers,
  planStarts,
  type StartStep,
} from "./member-steps.ts";
import type { Quorum } from "./quorum.ts";
import { complaintOf } from "./report.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";
import type { Complaint } from "./verdict.ts";
import { waitFor } from "./wait.ts";

export interface Assembling {
  /** The listed members that are prepared. */
  readonly members: readonly Site[];
  readonly quorum: Quorum;
  readonly credentials: ClusterCredentials;
  /** Names of those whose files or release changed. */
  readonly changed: ReadonlySet<string>;
}

const leaderLimitMs = 15_000;
const joinLimitMs = 60_000;

export const preparedMembers = (run: Run, { members, changed }: Assembling): PreparedMember[] =>
  members.map(({ machine: { name, address }, survey }) => ({
    ...{ name, survey, isChanged: changed.has(name) || survey.isStale },
    address: `${address}:${run.file.memberPort}`,
  }));

/** Sees to it that every prepared member takes part; gives the cluster's API. Rejects when there is no quorum. */
export async function assembleMembers(run: Run, assembling: Assembling): Promise<Client> {
  const { quorum } = assembling;
  const prepared = preparedMembers(run, assembling);
  for (const step of planStarts(quorum, prepared)) await attempt(run, step, assembling, startMember);
  run.progress("waiting for a leader");
  const voters = prepared.filter((member) => hasData(member, quorum)).map(({ name }) => name);
  const asked = assembling.members.filter(({ machine }) => voters.includes(machine.name));
  const client = await reachCluster(run, { ...assembling, members: asked });
  run.state.setFounding("done");
  const steps = planMembers(quorum, prepared, (await client.members()).members);
  // One after another: Raft changes one member at a time, and two restarts at once could cost the quorum.
  let fallen: string | undefined;
  for (const step of steps) {
    // Whatever keeps a member from coming back, a broken release perhaps, would take the quorum, too.
    if (step.kind === "restart" && fallen !== undefined) run.report.fail(step.on, notRestarted(fallen));
    else
      await attempt(run, step, assembling, (one, site) => changeMember(run, client, one, site, assembling));
    if (step.kind === "restart" && run.report.hasFailed(step.on)) fallen ??= step.on;
  }
  return client;
}

const notRestarted = (fallen: string): Complaint => ({
  message: `flotillad was not restarted, because that of ${fallen} did not come back`,
  hint: `mend ${fallen}, then run bootstrap again`,
});

/** Does a step and reports it; a member that fails gets no further ones. */
async function attempt<Step extends StartStep | MemberStep>(
  run: Run,
  step: Step,
  { members }: Assembling,
  work: (step: Step, site: Site, run: Run) => Promise<void>,
): Promise<void> {
  const site = members.find(({ machine }) => machine.name === step.on);
  if (!site || run.report.hasFailed(step.on)) return;
  run.progress(`${step.on}: ${describeMemberStep(step)}`);
  try {
    await work(step, site, run);
    run.report.changed(step.on, describeMemberStep(step));
  } catch (error) {
    run.signal.throwIfAborted();
    run.report.fail(step.on, complaintOf(error));
  }
}

/** The intent to found is remembered before, the deed before anybody is started: a repeated run can neither miss nor repeat it. */
async function startMember(step: StartStep, { connection, survey }: Site, { state }: Run): Promise<void> {
  if (step.kind === "start") return controlService(connection, "start");
  state.setFounding("begun");
  if (survey.isActive) await controlService(connection, "stop");
  await runFlotillad(connection, survey.node, "found");
  state.setFounding("done");
}

async function changeMember(
  run: Run,
  client: Client,
  step: MemberStep,
  site: Site,
  assembling: Assembling,
): Promise<void> {
  switch (step.kind) {
    case "move":
      return client.addMember({ id: step.id, address: step.to });
    case "restart":
      return restart(run, site, assembling);
    case "join":
      return join(run, client, step.instead, site, assembling);
    case "expelled":
      throw new FlotillaError("member-removed", describeMemberStep(step), {
        hint: "to let it in again, there: systemctl stop flotillad; rm -r /var/lib/flotilla; then bootstrap again",
      });
    default:
      throw new FlotillaError("internal", `unknown step ${JSON.stringify(step satisfies never)}`);
  }
}

/** Comes back only when the member knows a leader again, so that the next restart cannot take the quorum away. */
async function restart(run: Run, { connection, machine }: Site, { credentials }: Assembling): Promise<void> {
  await controlService(connection, "restart");
  const endpoint = apiOf(machine, run.file, credentials.operator);
  const own = createClient({ endpoint, clock: run.clock, signal: run.signal });
  const limit = {
    ms: leaderLimitMs,
    message: "flotillad was restarted, and sees no leader",
    hint: "look at `journalctl -u flotillad` there",
  };
  await waitFor(run, limit, async () => (await own.version()).leader);
}

/** The API of whichever member answers with a quorum behind it. */
async function reachCluster(run: Run, { members, credentials }: Assembling): Promise<Client> {
  const ports = `${run.file.memberPort} and ${run.file.memberPort + 1}`;
  const limit = {
    ms: leaderLimitMs,
    message: `no member answers for a quorum: ${members.map(({ machine }) => machine.name).join(", ")} were asked`,
    hint: `a majority of the members must be up; TCP ports ${ports} must be open among them, and from here. Nothing was founded anew`,
  };
  let turn = 0;
  return waitFor(run, limit, async () => {
    const site = members[turn++ % members.length];
    if (!site) return undefined;
    const endpoint = apiOf(site.machine, run.file, credentials.operator);
    const client = createClient({ endpoint, clock: run.clock, signal: run.signal });
    // A member without a leader says so at once; asked for more it would wait for one.
    if ((await client.version()).leader === undefined) return undefined;
    await client.members();
    return client;
  });
}

/** Joins an empty member as a learner, and waits until it has its vote. */
async function join(
  run: Run,
  client: Client,
  instead: readonly string[],
  { connection, machine, survey }: Site,
  { changed }: Assembling,
): Promise<void> {
  const id = await runFlotillad(connection, survey.node, "identify");
  for (const former of instead) if (former !== id) await client.removeMember(former);
  // Nothing happens when it is known already, as a learner that was left half-way.
  await client.addMember({ id, address: `${machine.address}:${run.file.memberPort}` });
  await controlService(connection, changed.has(machine.name) ? "restart" : "start");
  const limit = {
    ms: joinLimitMs,
    message: `${id} has not caught up with the others`,
    hint: `can the members reach each other on TCP port ${run.file.memberPort}? Look at \`journalctl -u flotillad\` there`,
  };
  await waitFor(run, limit, async () => {
    const member = (await client.members()).members.find((each) => each.id === id);
    return member?.isVoter ? member : undefined;
  });
}
