import type { Proof } from "../lease/proof.ts";
import { type Applying, done, refused } from "./applying.ts";
import type { Held } from "./command.ts";
import { letLoose } from "./loose.ts";
import { isHeld, release } from "./placements.ts";
import type { Answer, Enrolment, MachineRecord } from "./state.ts";

/** Enrols a machine, or changes how a known one is reached and described; its boot and status stay. */
export function setMachine(now: Applying, machine: Enrolment): Answer {
  const known = now.state.machines.get(machine.id);
  const twin = [...now.state.machines.values()].find(
    (other) => other.id !== machine.id && other.address === machine.address && other.port === machine.port,
  );
  if (twin) return refused("address-taken", `${machine.address}:${machine.port} is machine ${twin.id}`);
  // Clones of one disk image share a machine-id; taken for one machine, one would be believed dead for the other.
  if (known && (known.address !== machine.address || known.port !== machine.port))
    return refused("machine-id-taken", `machine ${machine.id} is the one at ${known.address}:${known.port}`);
  now.state.machines.set(machine.id, {
    status: "enrolled",
    statusReason: null,
    bootId: null,
    adoptedFrom: null,
    leaseInForce: now.state.lease,
    ...known,
    isRemoving: false,
    ...machine,
  });
  now.changes.machines.add(machine.id);
  if (!known)
    now.tell("enrolled", `machine ${machine.id} at ${machine.address} enrolled`, { machine: machine.id });
  return done({ id: machine.id });
}

/** From now on it is registered at even where it obeys the cluster `from`; what that one had there is then ours to stop. */
export function adoptMachine(now: Applying, id: string, from: string): Answer {
  return change(now, id, (machine) => {
    now.tell("adopted", `machine ${id} is adopted from cluster ${from}`, { machine: id });
    return { ...machine, adoptedFrom: from };
  });
}

export function removeMachine(now: Applying, id: string): Answer {
  return change(now, id, (machine) => {
    if (!machine.isRemoving) now.tell("removing", `machine ${id} is being removed`, { machine: id });
    return { ...machine, isRemoving: true };
  });
}

/** The end of a removal, once nothing is placed there any more. */
export function forgetMachine(now: Applying, id: string): Answer {
  const machine = now.state.machines.get(id);
  if (!machine?.isRemoving) return refused("machine-not-removing", `machine ${id} is not being removed`);
  if ([...now.state.placements.values()].some((placement) => placement.machine === id))
    return refused("machine-not-empty", `units are still placed on machine ${id}`);
  now.state.machines.delete(id);
  now.changes.machines.add(id);
  now.tell("removed", `machine ${id} removed`, { machine: id });
  return done();
}

/** A leader has registered there in this boot: an earlier suspicion is withdrawn. */
export function machineUp(now: Applying, id: string, bootId: string): Answer {
  return change(now, id, (machine) => {
    if (machine.status === "up" && machine.bootId === bootId) return machine;
    const how = machine.bootId !== null && machine.bootId !== bootId ? "up after a reboot" : "up";
    if (machine.bootId !== bootId) now.state.loose.delete(id);
    now.tell("machine-up", `machine ${id} is ${how}`, { machine: id });
    return { ...machine, status: "up", statusReason: null, bootId };
  });
}

/** It is shutting down: its units are stopped there, and go elsewhere as each one's stop is acknowledged. */
export function drain(now: Applying, id: string, bootId: string): Answer {
  return change(now, id, (machine) => {
    if (machine.status !== "up" || machine.bootId !== bootId) return machine;
    now.tell("draining", `machine ${id} is shutting down`, { machine: id });
    return { ...machine, status: "draining", statusReason: "shutting down" };
  });
}

/** From here on nobody renews the machine's lease until `machine-up` (lease.md, rule 5). */
export function suspect(now: Applying, id: string, reason: string): Answer {
  return change(now, id, (machine) => {
    if (!isObeying(machine)) return machine;
    const statusReason = machine.status === "draining" ? "it has shut down" : reason;
    now.tell("suspect", `machine ${id} is suspect: ${statusReason}`, { machine: id });
    return { ...machine, status: "suspect", statusReason };
  });
}

/** The machine's lease is over for certain: what was placed there is free. */
export function lose(now: Applying, held: Held, proof: Proof): Answer {
  const machine = now.state.machines.get(held.machine);
  if (!machine) return refused("stale-decision", `machine ${held.machine} is gone`);
  if (isObeying(machine)) return refused("stale-decision", `machine ${held.machine} is ${machine.status}`);
  if (!isHeld(now.state, held))
    return refused("stale-decision", `what machine ${held.machine} holds has changed`);
  if (machine.status !== "lost") {
    now.state.machines.set(machine.id, { ...machine, status: "lost" });
    now.changes.machines.add(machine.id);
    now.tell("lost", `machine ${machine.id} is lost: ${machine.statusReason ?? "no answer"}`, {
      machine: machine.id,
    });
  }
  for (const { unit } of held.units)
    if (now.state.placements.get(unit)?.exclusive === false) letLoose(now, machine.id, unit);
  return release(now, held, proof);
}

/** Whether its lease is renewed. */
export const isObeying = ({ status }: MachineRecord): boolean => status === "up" || status === "draining";

function change(now: Applying, id: string, next: (machine: MachineRecord) => MachineRecord): Answer {
  const machine = now.state.machines.get(id);
  if (!machine) return refused("machine-not-found", `no such machine: ${id}`);
  const changed = next(machine);
  if (changed === machine) return done();
  now.state.machines.set(id, changed);
  now.changes.machines.add(id);
  return done();
}
