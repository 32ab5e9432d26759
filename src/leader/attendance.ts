import { describeError, FlotillaError } from "../error.ts";
import { leaseTarget } from "../lease/places.ts";
import type { MachineLink, UnitState } from "../machine/link.ts";
import { look, type Sight } from "../reconcile/sight.ts";
import { readyMachine } from "./attend.ts";
import type { Office } from "./office.ts";
import { createSettling, type Settling } from "./settling.ts";
import { createUnitWork, type UnitWork } from "./unit-work.ts";

/** A machine that is registered, listed and cleaned: its units are followed and settled over one link. */
export interface Attendance {
  readonly sight: Sight;
  readonly settling: Settling;
  readonly work: UnitWork;
}

/** Takes a fresh link over: nothing on the machine is trusted before it was looked at. Rejects if that cannot be done. */
export async function attend(
  office: Office,
  machineId: string,
  link: MachineLink,
  hadLapsed: boolean,
): Promise<Attendance> {
  const { clock, log } = office;
  // Nothing is sent that changes anything before this leader is confirmed after its registration (lease.md, rule 8).
  await office.confirm();
  if (link.inventory.machineId !== machineId)
    throw new FlotillaError("machine-id-changed", `it says it is machine ${link.inventory.machineId}`, {
      at: machineId,
      hint: "two machines share an address, or the machine was installed anew: remove it and add it again",
    });
  let attendance: Attendance | undefined;
  let hadLease = false;
  const onState = ({ name, active }: UnitState): void => {
    if (attendance?.sight.has(name)) {
      attendance.settling.settle(name);
      office.observed([name]);
    }
    if (name !== leaseTarget) return;
    // The guards have fenced, or are about to: what is known of gates and units is worth nothing now.
    if (hadLease && active !== "active") link.close(lapsed(machineId));
    hadLease = active === "active";
    if (hadLease) attendance?.work.wake(leaseTarget);
  };
  const { bootId } = link.inventory;
  link.onShutdown((isComing) => {
    office
      .propose({ kind: isComing ? "drain" : "machine-up", machine: machineId, bootId })
      .catch((error) => log("info", describeError(error), { machine: machineId }));
  });
  const sight = await look(link, hadLapsed, onState);
  hadLease ||= sight.of(leaseTarget).active === "active";

  const work = createUnitWork({
    office,
    machineId,
    link,
    sight,
    fail: (unit, problem, prepare) => attendance?.settling.fail(unit, problem, prepare),
    onWake: (unit) => attendance?.settling.settle(unit),
  });
  const settling = createSettling(clock, work.settle, (unit, error) => {
    log("warning", describeError(error), { machine: machineId, unit });
    office.observed([unit]);
    return describeError(error);
  });
  // Until it is ready no signal may set off other work: two at once on one unit would undo each other, and nobody
  // would end it if the machine does not become ready.
  await readyMachine({ office, machineId, link, sight, settle: work.settle });
  attendance = { sight, settling, work };
  return attendance;
}

const lapsed = (machine: string): FlotillaError =>
  new FlotillaError("lease-lapsed", "its lease has lapsed", { at: machine });
