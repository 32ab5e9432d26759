import type { Client } from "../api/client.ts";
import type { MachineView } from "../api/contract.ts";
import { sleep } from "../clock.ts";
import { clockErrorPpm } from "../lease/bound.ts";
import { type Enrollable, type EnrolStep, planEnrolment, planLease, strayNotes } from "./agreement.ts";
import { forEachMachine } from "./each.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";
import { type Complaint, isClockBounded } from "./verdict.ts";

const readyLimitMs = 60_000;
const pollMs = 250;

export const enrollableOf = ({ machine, hostKey, facts }: Site): Enrollable => ({
  ...{ machine, hostKey, machineId: facts.machineId },
  isExclusiveCapable: Boolean(facts.bash && facts.flock && facts.cgroupKill),
  clockRatePpm: clockErrorPpm(isClockBounded(machine, facts)),
});

export const describeEnrolment = ({ because }: EnrolStep): string => `enrol it: ${because.join(", ")}`;
export const describeLease = (lease: object): string =>
  `set the lease: ${Object.entries(lease)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ")}`;

/** Makes the cluster know the lease and the machines as cluster.toml has them. */
export async function enrolMachines(run: Run, client: Client, sites: readonly Site[]): Promise<void> {
  const { report } = run;
  const lease = planLease(run.file, await client.lease());
  if (lease) {
    await client.setLease(lease);
    report.changed("cluster", describeLease(lease));
  }
  const { machines } = await client.machines();
  const steps = planEnrolment(sites.map(enrollableOf), machines);
  const todo = sites.flatMap((site) => {
    const step = steps.find(({ on }) => on === site.machine.name);
    return step ? [{ site, step }] : [];
  });
  const of = { name: ({ step }: { step: EnrolStep }) => step.on, report, signal: run.signal };
  await forEachMachine(todo, of, async ({ site, step }) => {
    const { address, port, user, metadata, clockPpm } = site.machine;
    await client.enrol({
      ...{ address, port, user, hostKey: site.hostKey, metadata },
      ...(clockPpm === undefined ? {} : { clockPpm }),
    });
    report.changed(step.on, describeEnrolment(step));
  });
  const seen = sites.map(({ machine, facts }) => ({ id: facts.machineId, address: machine.address }));
  const view = { machines, members: (await client.members()).members };
  for (const message of strayNotes(run.file, view, seen)) report.warn("cluster", { message });
}

/** Waits until the leader has reached all of them; those that it has not are reported. Gives what the cluster says of each. */
export async function awaitReady(
  run: Run,
  client: Client,
  sites: readonly Site[],
): Promise<readonly MachineView[]> {
  const enrolled = sites.filter(({ machine }) => !run.report.hasFailed(machine.name));
  const giveUpAtMs = run.clock.now() + readyLimitMs;
  for (;;) {
    const { machines } = await client.machines();
    const viewOf = ({ facts }: Site) => machines.find(({ id }) => id === facts.machineId);
    const late = enrolled.filter((site) => viewOf(site)?.status !== "ready");
    if (late.length === 0) return machines;
    run.progress(`waiting for ${late.map(({ machine }) => machine.name).join(", ")} to be ready`);
    if (run.clock.now() >= giveUpAtMs) {
      for (const site of late) run.report.fail(site.machine.name, notReady(viewOf(site)));
      return machines;
    }
    run.signal.throwIfAborted();
    await sleep(run.clock, pollMs);
  }
}

const notReady = (view: MachineView | undefined): Complaint => ({
  message: `the members do not reach it within ${readyLimitMs / 1000} s: ${view?.statusReason ?? view?.status ?? "unknown"}`,
  hint: "the members connect to it by SSH as its user: is its address good from them, too?",
});
