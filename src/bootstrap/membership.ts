import { type Client, createClient } from "../api/client.ts";
import { FlotillaError } from "../error.ts";
import { formerIds } from "./agreement.ts";
import { apiOf, type ClusterCredentials } from "./credentials.ts";
import { controlService, runFlotillad } from "./doing.ts";
import type { Quorum } from "./quorum.ts";
import { complaintOf } from "./report.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";
import { waitFor } from "./wait.ts";

export interface Assembling {
  /** The listed members that are prepared. */
  readonly members: readonly Site[];
  readonly quorum: Quorum;
  readonly credentials: ClusterCredentials;
  /** Names of those whose files or release changed. */
  readonly dirty: ReadonlySet<string>;
}

const leaderLimitMs = 30_000;
const joinLimitMs = 60_000;

/** Sees to it that every prepared member takes part; gives the cluster's API. Rejects when there is no quorum. */
export async function assembleMembers(run: Run, assembling: Assembling): Promise<Client> {
  const { members, quorum, dirty } = assembling;
  if (quorum.kind === "refused") throw new FlotillaError("no-quorum", quorum.message, { hint: quorum.hint });
  if (quorum.kind === "found") await foundOn(run, members, quorum.on);
  run.state.setFounding("done");
  const hasData = ({ machine, survey }: Site) =>
    survey.logBytes > 0 || (quorum.kind === "found" && quorum.on === machine.name);
  const [present, blank] = [members.filter(hasData), members.filter((site) => !hasData(site))];
  const stopped = present.filter((site) => quorum.kind === "found" || !site.survey.isActive);
  await Promise.all(stopped.map((site) => attempt(run, site, () => start(run, site))));
  run.progress("waiting for a leader");
  const client = await reachCluster(run, assembling);
  for (const site of present) {
    const isStale = site.survey.isActive && dirty.has(site.machine.name);
    await attempt(run, site, async () => {
      await correctAddress(run, client, site);
      if (isStale) await restart(run, site, assembling);
    });
  }
  // One after another: Raft changes one member at a time.
  for (const site of blank) await attempt(run, site, () => join(run, client, site, dirty));
  return client;
}

async function attempt(run: Run, site: Site, work: () => Promise<void>): Promise<void> {
  if (run.report.hasFailed(site.machine.name)) return;
  try {
    await work();
  } catch (error) {
    run.signal.throwIfAborted();
    run.report.fail(site.machine.name, complaintOf(error));
  }
}

/** The intent is remembered before, the deed before anybody is started: a repeated run can neither miss nor repeat it. */
async function foundOn(run: Run, members: readonly Site[], name: string): Promise<void> {
  const site = members.find(({ machine }) => machine.name === name);
  if (!site) throw new FlotillaError("internal", `${name} cannot be the first member`);
  run.state.setFounding("begun");
  if (site.survey.isActive) await controlService(site.connection, "stop");
  await runFlotillad(site.connection, nodeOf(site), "found");
  run.state.setFounding("done");
  run.report.changed(name, `found cluster ${run.file.name} (${run.state.cluster})`);
}

async function start(run: Run, { connection, machine }: Site): Promise<void> {
  run.progress(`${machine.name}: starting flotillad`);
  await controlService(connection, "start");
  run.report.changed(machine.name, "start flotillad");
}

/** Comes back only when the member knows a leader again, so that the next restart cannot take the quorum away. */
async function restart(run: Run, { connection, machine }: Site, { credentials }: Assembling): Promise<void> {
  run.progress(`${machine.name}: restarting flotillad`);
  await controlService(connection, "restart");
  run.report.changed(machine.name, "restart flotillad");
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
    await client.members();
    return client;
  });
}

const addressOf = ({ machine }: Site, { file }: Run): string => `${machine.address}:${file.memberPort}`;

/** A member that has a log must be known; it may have moved. */
async function correctAddress(run: Run, client: Client, site: Site): Promise<void> {
  const id = site.survey.identity?.id;
  if (id === undefined) return;
  const address = addressOf(site, run);
  const known = (await client.members()).members.find((member) => member.id === id);
  if (!known)
    throw new FlotillaError("member-removed", `${id} was removed from the cluster, and its votes with it`, {
      hint: "to let it in again: systemctl stop flotillad; rm -r /var/lib/flotilla; then bootstrap again",
    });
  if (known.address === address) return;
  await client.addMember({ id, address });
  run.report.changed(site.machine.name, `its address ${known.address} becomes ${address}`);
}

/** Joins an empty member as a learner, and waits until it has its vote. */
async function join(run: Run, client: Client, site: Site, dirty: ReadonlySet<string>): Promise<void> {
  const { name } = site.machine;
  run.progress(`${name}: joining`);
  const id = await runFlotillad(site.connection, nodeOf(site), "identify");
  const { members } = await client.members();
  for (const former of formerIds(members, name, id)) {
    await client.removeMember(former);
    run.report.changed(name, `remove member ${former}, whose data is lost`);
  }
  if (!members.some((member) => member.id === id)) {
    await client.addMember({ id, address: addressOf(site, run) });
    run.report.changed(name, `join as member ${id}`);
  }
  if (!site.survey.isActive) await start(run, site);
  else if (dirty.has(name)) await controlService(site.connection, "restart");
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

const nodeOf = ({ survey }: Site): string => survey.node ?? "node";
