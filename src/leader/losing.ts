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
  away(keeper: Keeper, reason: string): void;
  /** Milliseconds from now until the units of a suspect machine may be taken over; undefined: it is not suspect. */
  leftMs(keeper: Keeper): number | undefined;
  end(): void;
}

/** How long a new leader tries to reach a machine before it suspects it, in milliseconds. */
export const FIRST_CONTACT_MS = 1_000;

interface Bound {
  readonly atMs: number;
  readonly since: "renewal" | "suspicion" | "election";
  readonly fromMs: number;
}

export function createLosing(office: Office, replica: Replica, electedAtMs: number): Losing {
  const { clock, view, propose, confirm, log } = office;
  const armed = new Map<string, () => void>();
  let isOver = false;

  const boundOf = (keeper: Keeper): Bound => {
    const machine = view.state.machines.get(keeper.machine);
    if (!machine) return { atMs: Number.POSITIVE_INFINITY, since: "election", fromMs: electedAtMs };
    const [lease, errors, sentMs] = [
      machine.leaseInForce,
      office.clockErrors(machine),
      keeper.lease.sentUntilMs(),
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
  const isAway = (keeper: Keeper): boolean => {
    const machine = view.state.machines.get(keeper.machine);
    return machine !== undefined && !isObeying(machine);
  };

  const away = async (keeper: Keeper, reason: string): Promise<void> => {
    if (isOver) return;
    const machine = view.state.machines.get(keeper.machine);
    if (!machine || machine.status === "enrolled") return;
    if (isObeying(machine)) await propose({ kind: "suspect", machine: machine.id, reason });
    if (armed.has(machine.id) || isOver) return;
    arm(keeper);
  };
  const arm = (keeper: Keeper): void => {
    const delayMs = Math.max(0, boundOf(keeper).atMs - clock.now());
    armed.set(
      keeper.machine,
      clock.after(delayMs, () => {
        armed.delete(keeper.machine);
        lose(keeper).catch((error) => log("info", describeError(error), { machine: keeper.machine }));
      }),
    );
  };
  const lose = async (keeper: Keeper): Promise<void> => {
    const machine = view.state.machines.get(keeper.machine);
    if (isOver || !machine || !isAway(keeper)) return;
    const { atMs, since, fromMs } = boundOf(keeper);
    if (clock.now() < atMs) return arm(keeper);
    // Nothing was sent since: `lose` is refused when the machine is up again, and only this leader sends.
    await confirm();
    const held = heldOn(view, machine);
    if (machine.status === "lost" && held.units.length === 0) return;
    const { bootId } = held;
    const waitedMs = Math.round(clock.now() - fromMs);
    const proof = { kind: "lease-bound", machine: machine.id, bootId, since, waitedMs } as const;
    const answer = await propose({ kind: "lose", held, proof });
    if (!answer.ok) log("info", `not lost: ${answer.message}`, { machine: machine.id });
    else log("warning", `lost, ${held.units.length} units are free`, { machine: machine.id });
  };
  return {
    away: (keeper, reason) => {
      away(keeper, reason).catch((error) => log("info", describeError(error), { machine: keeper.machine }));
    },
    leftMs: (keeper) => (isAway(keeper) ? Math.max(0, boundOf(keeper).atMs - clock.now()) : undefined),
    end: () => {
      isOver = true;
      for (const cancel of armed.values()) cancel();
    },
  };
}

/** What is placed on one boot of a machine, and may be given up by the end of its lease. */
export function heldOn(view: View, machine: MachineRecord): Held {
  const units = [...view.placedOn(machine.id)].flatMap((unit) => {
    const placement = view.state.placements.get(unit);
    if (!placement || placement.bootId !== machine.bootId) return [];
    // Started before it became exclusive: no lease will stop it, so the lease's end proves nothing of it.
    if (!placement.exclusive && isExclusive(view.catalog, unit)) return [];
    return [{ unit, generation: placement.generation }];
  });
  return { machine: machine.id, bootId: machine.bootId ?? "", units };
}
