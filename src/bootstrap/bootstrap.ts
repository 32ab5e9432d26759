import type { MachineView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import type { ListedMachine } from "./cluster-file.ts";
import { type ClusterCredentials, ensureCredentials } from "./credentials.ts";
import { rehearseCluster } from "./dry-run.ts";
import { awaitReady, enrolMachines } from "./enrolment.ts";
import { type MemberFile, memberFiles } from "./member-files.ts";
import { assembleMembers } from "./membership.ts";
import { describePreparation, type Preparation, planMachines } from "./plan.ts";
import { prepareMachines } from "./prepare.ts";
import { isForeign, planQuorum, type Quorum, type SeenMember } from "./quorum.ts";
import { findRelease } from "./release.ts";
import { complaintOf } from "./report.ts";
import type { Run } from "./run.ts";
import { leaveMachines, type Site, visitMachines } from "./site.ts";
import { isClockBounded, judgeClocks, membersClockPpm } from "./verdict.ts";

/**
 * Makes the machines the cluster that cluster.toml describes, or as much of it as can be; what could not be done is in the
 * report. Gives the machines as the cluster sees them afterwards, or undefined when there is no cluster to ask.
 */
export async function bootstrap(run: Run): Promise<readonly MachineView[] | undefined> {
  const release = findRelease();
  const sites = await visitMachines(run);
  try {
    const credentials = await ensureCredentials(run.state, run.file, new Date());
    const own = sites.filter((site) => !refuseForeign(run, site));
    const members = own.filter(({ machine }) => machine.isMember);
    const absent = listedMembers(run).filter((machine) => !sites.some((site) => site.machine === machine));
    warnOfClocks(run, members);
    const foreign = sites.filter((site) => site.machine.isMember && !own.includes(site)).map(seen);
    const quorumOf = (able: readonly Site[]): Quorum =>
      grantedQuorum(run, [...able.map(seen), ...foreign], names(absent));
    const files = filesOf(run, members, credentials);
    const planned = own.map(({ machine: { name }, survey }) => ({ name, survey, files: files.get(name) }));
    const steps = planMachines(run.file.name, release.name, planned);
    const changedBy = ({ kind }: Preparation) => kind !== "authorize" && kind !== "enable";
    const changed = new Set(steps.filter(changedBy).map(({ on }) => on));
    const quorum = quorumOf(members);
    if (run.isDry) {
      for (const step of steps) run.report.changed(step.on, describePreparation(step));
      return await rehearseCluster(run, { members, quorum, credentials, changed }, own);
    }
    await prepareMachines(run, { sites: own, steps, files, release });
    const isAble = ({ machine }: Site) => !run.report.hasFailed(machine.name);
    const able = members.filter(isAble);
    const assembling = { members: able, quorum: quorumOf(able), credentials, changed };
    const client = await assembleMembers(run, assembling);
    await enrolMachines(run, client, own.filter(isAble));
    return await awaitReady(run, client, own);
  } catch (error) {
    run.signal.throwIfAborted();
    run.report.fail("cluster", complaintOf(error));
    return undefined;
  } finally {
    leaveMachines(sites);
  }
}

const names = (machines: readonly ListedMachine[]): string[] => machines.map(({ name }) => name);
const listedMembers = ({ file }: Run): ListedMachine[] => file.machines.filter(({ isMember }) => isMember);
const seen = ({ machine, survey }: Site) => ({ name: machine.name, survey });

/** Without a quorum to be had nothing is done at all: what runs is left as it is. */
function grantedQuorum({ state }: Run, members: readonly SeenMember[], absent: readonly string[]): Quorum {
  const quorum = planQuorum(state.cluster, state.founding(), members, absent);
  if (quorum.kind === "refused") throw new FlotillaError("no-quorum", quorum.message, { hint: quorum.hint });
  return quorum;
}

/** A member of another cluster is left alone; a machine that only runs units may well have been a member once. */
function refuseForeign({ report, state }: Run, site: Site): boolean {
  if (!site.machine.isMember || !isForeign(seen(site), state.cluster)) return false;
  report.fail(site.machine.name, {
    message: `it is a member of another cluster, ${site.survey.identity?.cluster}`,
    hint: "give that cluster's --state-dir; or if it is dead, stop flotillad there and remove /var/lib/flotilla",
  });
  return true;
}

function warnOfClocks({ report }: Run, members: readonly Site[]): void {
  const complaint = judgeClocks(members.map(seen));
  if (complaint) report.warn("cluster", complaint);
}

/** What each member's files should be. Members that did not answer count with the clock that they had when they last did. */
function filesOf(
  run: Run,
  members: readonly Site[],
  credentials: ClusterCredentials,
): Map<string, readonly MemberFile[]> {
  for (const { machine, facts } of members) run.state.noteClock(machine.name, isClockBounded(machine, facts));
  const clockPpm = membersClockPpm(listedMembers(run).map(({ name }) => run.state.isClockBounded(name)));
  return new Map(
    members.flatMap(({ machine, survey }) => {
      const own = credentials.members.get(machine.name);
      if (!own) return [];
      const { cluster } = run.state;
      const node = survey.node ?? "node";
      return [[machine.name, memberFiles(machine, run.file, { cluster, credentials: own, clockPpm, node })]];
    }),
  );
}
