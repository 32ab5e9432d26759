import type { MachineRecord } from "../cluster/state.ts";
import { desires } from "../cluster/units.ts";
import type { Leader } from "../leader/leader.ts";
import { parseHostKey } from "../machine/host-key.ts";
import { reach } from "../schedule/catalog.ts";
import { isExclusive } from "../schedule/exclusive.ts";
import type { MachineRef, MachineStatus, MachineView, Observed, Reason, UnitView } from "./contract.ts";

/** What is known of a unit, or of what is left of a destroyed one; undefined: nothing. */
export function viewUnit(leader: Leader, name: string, withText: boolean): UnitView | undefined {
  const { state, catalog } = leader.view;
  const record = state.units.get(name);
  const unit = catalog.get(name);
  const placement = state.placements.get(name);
  if (!record && !placement) return undefined;
  const machine = placement && state.machines.get(placement.machine);
  const isGlobal = unit?.fleet.isGlobal ?? false;
  return {
    name,
    hash: record?.hash ?? "",
    description: unit?.description ?? "",
    type: unit?.type ?? name.slice(name.lastIndexOf(".") + 1),
    isGlobal,
    isTemplate: unit?.isTemplate ?? false,
    isExclusive: placement?.exclusive ?? isExclusive(catalog, name),
    desired: record?.desired ?? "inactive",
    current: isGlobal ? null : currentState(leader, name),
    machine: machine ? refer(machine) : null,
    observed: observe(leader, name, isGlobal, machine),
    reasons: reasonsFor(leader, name, isGlobal),
    pending: pendingFor(leader, name),
    isDestroyed: record === undefined,
    ...(withText && record ? { text: record.text } : {}),
  };
}

const refer = ({ id, address }: MachineRecord): MachineRef => ({ id, address });

/** fleet's STATE: how far the unit has come, whatever systemd makes of it then. */
function currentState({ view, keeper }: Leader, name: string): UnitView["current"] {
  const placement = view.state.placements.get(name);
  const seen = placement && keeper(placement.machine)?.sight()?.of(name);
  if (!placement || seen?.text === undefined) return "inactive";
  const hasStarted =
    seen.started === placement.generation && keeper(placement.machine)?.unitProblem(name) === undefined;
  const isLaunched = view.state.units.get(name)?.desired === "launched" && hasStarted;
  return isLaunched ? "launched" : "loaded";
}

/** Never "running" for a machine that nobody reaches. */
function observe(
  leader: Leader,
  name: string,
  isGlobal: boolean,
  placed: MachineRecord | undefined,
): Observed[] {
  const machines = isGlobal ? [...leader.view.state.machines.values()] : placed ? [placed] : [];
  return machines.flatMap((machine) => {
    const sight = leader.keeper(machine.id)?.sight();
    if (!sight)
      return isGlobal
        ? []
        : [{ machine: refer(machine), load: "unknown", active: "unknown", sub: "unknown" }];
    const { state, text } = sight.of(name);
    if (text === undefined) return [];
    const { load, active, sub } = state ?? { load: "loaded", active: "inactive", sub: "dead" };
    return [{ machine: refer(machine), load, active, sub }];
  });
}

function reasonsFor({ view, placing, keeper }: Leader, name: string, isGlobal: boolean): Reason[] {
  const reasons: Reason[] = [...placing.refusals(name)];
  const placement = view.state.placements.get(name);
  const machines = isGlobal ? [...view.state.machines.keys()] : placement ? [placement.machine] : [];
  for (const machine of machines) {
    const problem = keeper(machine)?.unitProblem(name);
    if (problem !== undefined) reasons.push({ machine, constraint: "machine", message: problem });
  }
  const needer = neederOf(view, name);
  if (placement && needer !== undefined)
    reasons.push({ machine: placement.machine, constraint: "needed", message: `${needer} needs it` });
  return reasons;
}

/** A unit because of which more becomes of `name` than is desired of it. */
function neederOf({ catalog, state }: Leader["view"], name: string): string | undefined {
  const rank = (unit: string) => desires.indexOf(state.units.get(unit)?.desired ?? "inactive");
  return reach(name, catalog.requirers).find((other) => rank(other) > rank(name));
}

/** What a unit's next change depends on. */
function pendingFor({ view, losing, keeper }: Leader, name: string): string | null {
  const placement = view.state.placements.get(name);
  const home = placement && keeper(placement.machine);
  if (!placement || !home) return null;
  const machine = view.state.machines.get(placement.machine);
  if (machine && machine.bootId !== placement.bootId)
    return `release from ${machine.address}, which has rebooted`;
  const leftMs = losing.leftMs(placement.machine);
  const where = machine?.address ?? placement.machine;
  if (leftMs !== undefined) return `takeover from ${where}: lease bound in ${(leftMs / 1000).toFixed(1)} s`;
  return home.phase() === "ready" ? null : `connection to ${where}`;
}

export function viewMachine({ keeper }: Leader, machine: MachineRecord, member: string | null): MachineView {
  const { id, address, port, user, metadata, bootId, isExclusiveCapable, clockRatePpm } = machine;
  const fingerprint = parseHostKey(machine.hostKey).fingerprint;
  // Why it cannot be reached now says more than what the loss began with.
  const statusReason = keeper(id)?.problem() ?? machine.statusReason;
  const status = statusOf(machine, keeper(id)?.phase() === "ready");
  return {
    id,
    address,
    port,
    user,
    metadata,
    status,
    statusReason,
    bootId,
    fingerprint,
    member,
    isExclusiveCapable,
    clockRatePpm,
  };
}

function statusOf(machine: MachineRecord, isReady: boolean): MachineStatus {
  if (machine.isRemoving) return "removing";
  if (machine.status === "draining" || machine.status === "suspect" || machine.status === "lost")
    return machine.status;
  return isReady ? "ready" : "connecting";
}
