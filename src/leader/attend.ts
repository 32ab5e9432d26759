import { FlotillaError } from "../error.ts";
import { machineFiles } from "../lease/machine-files.ts";
import { guardUnits } from "../lease/places.ts";
import type { MachineLink } from "../machine/link.ts";
import { isGuarded } from "../reconcile/plan.ts";
import type { Sight } from "../reconcile/sight.ts";
import { wantedOn } from "../reconcile/wanted.ts";
import type { Office } from "./office.ts";

export interface Attending {
  readonly office: Office;
  readonly machineId: string;
  readonly link: MachineLink;
  readonly sight: Sight;
  readonly settle: (unit: string) => Promise<void>;
}

/**
 * Brings a registered and listed machine to where its lease may be renewed: an earlier boot's units are released, its
 * guards run, and nothing exclusive runs that must not (lease.md, rule 11).
 */
export async function readyMachine(attending: Attending): Promise<void> {
  await admit(attending);
  // A connection may have been lost between a push and its reload.
  if ([...attending.sight.units()].length > 0) await attending.link.reload();
  if (attending.office.view.state.machines.get(attending.machineId)?.isExclusiveCapable)
    await installGuards(attending);
  await stopIntruders(attending);
}

/** Withdraws a suspicion; a new boot proves that the units of every earlier one are gone. */
async function admit({ office, machineId, link, sight }: Attending): Promise<void> {
  const { bootId } = link.inventory;
  await decide(office, { kind: "machine-up", machine: machineId, bootId }, machineId);
  const present = new Set(sight.units());
  const earlier = [...office.view.placedOn(machineId)].flatMap((unit) => {
    const placement = office.view.state.placements.get(unit);
    return placement && placement.bootId !== bootId && !present.has(unit) ? [placement] : [];
  });
  for (const oldBoot of new Set(earlier.map((placement) => placement.bootId))) {
    const units = earlier
      .filter((placement) => placement.bootId === oldBoot)
      .map(({ unit, generation }) => ({ unit, generation }));
    const held = { machine: machineId, bootId: oldBoot, units };
    await decide(
      office,
      {
        kind: "release",
        held,
        proof: { kind: "new-boot", machine: machineId, bootId: oldBoot, now: bootId },
      },
      machineId,
    );
  }
}

/** The guards and their files, in the form that this leader knows; guards that run take a new script over by themselves. */
async function installGuards({ office, machineId, link }: Attending): Promise<void> {
  const files = machineFiles(office.view.state.lease);
  const present = await link.readFiles(files.map(({ path }) => path));
  const different = files.filter(({ path, text }) => present.get(path) !== text);
  if (different.length > 0) {
    await link.writeFiles(different);
    await link.reload();
  }
  const jobs = await Promise.all(guardUnits.map((unit) => link.start(unit)));
  const failed = guardUnits.filter((_, i) => jobs[i] !== "done");
  if (failed.length > 0)
    throw new FlotillaError("guard-failed", `the lease guards do not start: ${failed.join(", ")}`, {
      at: machineId,
    });
}

/** Until this is done the machine's lease is not renewed: what cannot be stopped is fenced when it ends. */
async function stopIntruders({ office, machineId, link, sight, settle }: Attending): Promise<void> {
  // What only has to lie there, as where it stands by for a suspect machine, must not run there either.
  const mayRun = (unit: string) =>
    !["absent", "loaded"].includes(wantedOn(office.view, machineId, unit).kind);
  const intruders = [...sight.units()].filter((unit) => isGuarded(sight.of(unit)) && !mayRun(unit));
  await Promise.all(intruders.map(settle));
  if (intruders.length === 0) return;
  const running = (await link.states(intruders)).filter(
    ({ active }) => active !== "inactive" && active !== "failed",
  );
  if (running.length > 0)
    throw new FlotillaError("intruder", `still running: ${running.map(({ name }) => name).join(", ")}`, {
      at: machineId,
    });
}

async function decide(office: Office, decision: Parameters<Office["propose"]>[0], at: string): Promise<void> {
  const answer = await office.propose(decision);
  if (!answer.ok) throw new FlotillaError(answer.code, answer.message, { at });
}
