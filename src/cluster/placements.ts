import { describeProof, type Proof } from "../lease/proof.ts";
import { type Applying, done, refused } from "./applying.ts";
import type { Decision, Held } from "./command.ts";
import { looseElsewhere } from "./loose.ts";
import type { Answer, ClusterState, Placement } from "./state.ts";

/**
 * Puts units on a machine. Refused while one of them, or a device that it mounts, is placed anywhere else: the other
 * placement has to be released by a proof first, whatever became of its unit's record.
 */
export function place(now: Applying, decision: Extract<Decision, { kind: "place" }>): Answer {
  const machine = now.state.machines.get(decision.machine);
  if (machine?.status !== "up" || machine.bootId !== decision.bootId || machine.isRemoving)
    return refused("stale-decision", `machine ${decision.machine} cannot take units now`);
  for (const { unit, exclusive, resources } of decision.units) {
    if (!now.state.units.has(unit)) return refused("stale-decision", `${unit} is gone`);
    if (now.state.placements.has(unit)) return refused("stale-decision", `${unit} is placed already`);
    const loose = exclusive && looseElsewhere(now.state, unit, machine.id);
    if (loose) return refused("unit-loose", `${unit} may still run on machine ${loose}, without a lease`);
    const rival = holderOf(now.state, unit, resources, (placement) => placement.machine !== machine.id);
    if (rival)
      return refused("resource-held", `${unit} needs what ${rival.unit} holds on machine ${rival.machine}`);
  }
  for (const { unit, exclusive, resources } of decision.units) {
    now.state.placements.set(unit, {
      unit,
      machine: decision.machine,
      bootId: decision.bootId,
      generation: ++now.state.generation,
      exclusive,
      resources,
      since: now.at,
    });
    now.changes.units.add(unit);
    now.tell("placed", `${unit} placed on machine ${decision.machine}: ${decision.reason}`, {
      unit,
      machine: decision.machine,
    });
  }
  return done();
}

/** Frees units by a proof that was true when it was proposed; all of them, or none. */
export function release(now: Applying, held: Held, proof: Proof): Answer {
  if (!isHeld(now.state, held))
    return refused("stale-decision", `what machine ${held.machine} holds has changed`);
  for (const { unit } of held.units) {
    now.state.placements.delete(unit);
    now.changes.units.add(unit);
    now.tell("released", `${unit} released from machine ${held.machine}: ${describeProof(proof)}`, {
      unit,
      machine: held.machine,
    });
  }
  return done();
}

/** The same place, a new start. */
export function renewGeneration(now: Applying, held: Held, reason: string): Answer {
  if (!isHeld(now.state, held))
    return refused("stale-decision", `what machine ${held.machine} holds has changed`);
  for (const { unit } of held.units) {
    const placement = now.state.placements.get(unit) as Placement;
    now.state.placements.set(unit, { ...placement, generation: ++now.state.generation });
    now.changes.units.add(unit);
    now.tell("restarted", `${unit} starts again: ${reason}`, { unit, machine: held.machine });
  }
  return done();
}

/** Whether every one of these units is placed on that machine, in that boot and that generation. */
export function isHeld({ placements }: ClusterState, { machine, bootId, units }: Held): boolean {
  return units.every(({ unit, generation }) => {
    const placement = placements.get(unit);
    return (
      placement?.machine === machine && placement.bootId === bootId && placement.generation === generation
    );
  });
}

/** The placement of another unit that holds one of these devices, among those that count. */
export function holderOf(
  state: ClusterState,
  unit: string,
  resources: readonly string[],
  counts: (placement: Placement) => boolean,
): Placement | undefined {
  if (resources.length === 0) return undefined;
  for (const placement of state.placements.values())
    if (
      placement.unit !== unit &&
      placement.resources.some((resource) => resources.includes(resource)) &&
      counts(placement)
    )
      return placement;
  return undefined;
}
