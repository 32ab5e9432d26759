import type { Held } from "../cluster/command.ts";
import { isObeying } from "../cluster/machines.ts";
import type { Replica } from "../cluster/replica.ts";
import type { MachineRecord } from "../cluster/state.ts";
import { describeError } from "../error.ts";
import { safeTakeoverAt, takeoverAfter } from "../lease/bound.ts";
import { isExclusive } from "../schedule/exclusive.ts";
import type { View } from "../schedule/view.ts";
import type { Keeper } from "./keeper.ts";
import type { Office } from "./office.ts";

/** Suspects a machine that is away, and gives up its units once no lease of theirs can be in force. */
export interface Losing {
  away(machine: string, reason: string): void;
  /** Milliseconds from now until the units of a suspect machine may be taken over; undefined: it is not suspect. */
  leftMs(machine: string): number | undefined;
  end(): void;
}

/** How long a new leader tries to reach a machine before it suspects it, in milliseconds. */
export const FIRST_CONTACT_MS = 1_000;

interface Bound {
  readonly atMs: number;
  readonly since: "renewal" | "suspicion" | "election";
  readonly fromMs: number;
}

export function createLosing(
  office: Office,
  replica: Replica,
  electedAtMs: number,
  /** Whoever keeps a machine now: a machine that was removed and enrolled again has another keeper. */
  keeperOf: (machine: string) => Keeper | undefined,
): Losing {
  const { clock, view, propose, confirm, log } = office;
  const armed = new Map<string, () => void>();
  let isOver = false;

  const boundOf = (machine: MachineRecord): Bound => {
    const [lease, errors, sentMs] = [
      machine.leaseInForce,
      office.clockErrors(machine),
      keeperOf(machine.id)?.lease.sentUntilMs(),
    ];
    // What an earlier leader sent was confirmed before this one was elected, and before the suspicion arrived.
    const suspectedMs = replica.suspectedSinceMs(machine.id) ?? electedAtMs;
    const fromMs = Math.min(suspectedMs, electedAtMs);
    const since = fromMs < electedAtMs ? "suspicion" : "election";
    const earlier: Bound = { atMs: takeoverAfter(fromMs, lease, errors), since, fromMs };
    if (sentMs === undefined) return earlier;
    const own: Bound = {
      atMs: safeTakeoverAt(sentMs, lease, errors),
      since: "renewal",
      fromMs: sentMs - lease.ttlMs,
    };
    // Its lease may have been longer than any of ours, and none of ours need have arrived.
    return own.atMs < earlier.atMs ? earlier : own;
  };
  /** The machine, while nobody renews it. */
  const awayMachine = (id: string): MachineRecord | undefined => {
    const machine = view.state.machines.get(id);
    return machine && machine.status !== "enrolled" && !isObeying(machine) ? machine : undefined;
  };

  const away = async (id: string, reason: string): Promise<void> => {
    const machine = view.state.machines.get(id);
    if (isOver || !machine) return;
    if (isObeying(machine)) await propose({ kind: "suspect", machine: id, reason });
    arm(id);
  };
  const arm = (id: string): void => {
    const machine = awayMachine(id);
    if (isOver || !machine || armed.has(id)) return;
    const cancel = clock.after(Math.max(0, boundOf(machine).atMs - clock.now()), () => {
      armed.delete(id);
      lose(id).catch((error) => log("info", describeError(error), { machine: id }));
    });
    armed.set(id, cancel);
  };
  const lose = async (id: string): Promise<void> => {
    if (!awayMachine(id)) return;
    await confirm();
    // Looked at after the confirmation, which may have taken long: the machine may have been up and renewed meanwhile.
    // Nothing is sent from here on until `lose` is applied: that takes a `machine-up`, which comes after it in the log.
    const machine = awayMachine(id);
    if (isOver || !machine) return;
    const bound = boundOf(machine);
    if (clock.now() < bound.atMs) return arm(id);
    for (const held of heldOn(view, machine)) {
      if (machine.status === "lost" && held.units.length === 0) continue;
      const answer = await propose({ kind: "lose", held, proof: proofOf(held, bound) });
      if (!answer.ok) log("info", `not lost: ${answer.message}`, { machine: id });
      else log("warning", `lost, ${held.units.length} units are free`, { machine: id });
    }
  };
  const proofOf = ({ machine, bootId }: Held, { since, fromMs }: Bound) =>
    ({ kind: "lease-bound", machine, bootId, since, waitedMs: Math.round(clock.now() - fromMs) }) as const;
  return {
    away: (machine, reason) => {
      away(machine, reason).catch((error) => log("info", describeError(error), { machine }));
    },
    leftMs: (id) => {
      const machine = awayMachine(id);
      return machine && Math.max(0, boundOf(machine).atMs - clock.now());
    },
    end: () => {
      isOver = true;
      for (const cancel of armed.values()) cancel();
    },
  };
}

/**
 * What is placed on a machine and may be given up by the end of its lease, by boot: the machine may have gone again
 * before the units of an earlier boot were released.
 */
export function heldOn(view: View, machine: MachineRecord): readonly Held[] {
  const byBoot = new Map<string, Held["units"]>([[machine.bootId ?? "", []]]);
  for (const unit of view.placedOn(machine.id)) {
    const placement = view.state.placements.get(unit);
    // Started before it became exclusive: no lease will stop it, so the lease's end proves nothing of it.
    if (!placement || (!placement.exclusive && isExclusive(view.catalog, unit))) continue;
    const { bootId, generation } = placement;
    byBoot.set(bootId, [...(byBoot.get(bootId) ?? []), { unit, generation }]);
  }
  return [...byBoot].map(([bootId, units]) => ({ machine: machine.id, bootId, units }));
}
