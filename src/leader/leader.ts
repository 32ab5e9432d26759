import type { Clock } from "../clock.ts";
import type { Replica } from "../cluster/replica.ts";
import type { MachineRecord } from "../cluster/state.ts";
import type { Log } from "../log.ts";
import type { MachineLink } from "../machine/link.ts";
import type { Consensus } from "../raft/consensus.ts";
import { leadershipLost } from "../raft/proposals.ts";
import { createView, type View } from "../schedule/view.ts";
import { parseUnit } from "../unit/unit.ts";
import { createFollowing } from "./following.ts";
import { createKeeper, type Keeper } from "./keeper.ts";
import { createLosing, FIRST_CONTACT_MS, type Losing } from "./losing.ts";
import type { Office } from "./office.ts";
import { createPlacing, type Placing } from "./placing.ts";
import { createPropose, type Propose } from "./propose.ts";
import { createRenewing } from "./renewing.ts";
import { createWatchers, type Watchers } from "./watchers.ts";

/** One term of leadership: schedules, keeps machines, and ends when the term does. */
export interface Leader {
  readonly epoch: number;
  readonly view: View;
  readonly propose: Propose;
  readonly placing: Placing;
  readonly losing: Losing;
  readonly watchers: Watchers;
  keeper(machine: string): Keeper | undefined;
  end(): void;
}

export interface LeaderOptions {
  readonly consensus: Consensus;
  readonly replica: Replica;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** How far the clock of any member may be off, in parts per million. */
  readonly clockRatePpm: number;
  readonly connect: (
    machine: MachineRecord,
    as: {
      readonly cluster: string;
      readonly epoch: number;
      readonly seq: number;
      readonly signal: AbortSignal;
    },
  ) => Promise<MachineLink>;
}

/** Begins the work of a leader. Call it once an entry of its own term is committed and applied here. */
export function lead(options: LeaderOptions): Leader {
  const { replica, epoch, clock, log } = options;
  const { state } = replica;
  const watchers = createWatchers(epoch);
  const office = openOffice(options, (units) => {
    watchers.touch(units);
    following.sendOff();
  });
  const keepers = new Map<string, Keeper>();
  const placing = createPlacing(office);
  const losing = createLosing(office, replica, clock.now(), (machine) => keepers.get(machine));
  const renewing = createRenewing(office, () => keepers.values());

  const keepOne = (id: string): void => {
    const onAway = (reason: string) => losing.away(id, reason);
    const keeper = createKeeper(id, office, { onReady: renewing.now, onAway });
    keepers.set(id, keeper);
    clock.after(FIRST_CONTACT_MS, () => {
      if (keepers.get(id) === keeper && keeper.phase() === "connecting") onAway("no first contact");
    });
  };
  const keep = (machines: Iterable<string>): void => {
    for (const id of machines) {
      if (state.machines.has(id) === keepers.has(id)) continue;
      if (state.machines.has(id)) keepOne(id);
      else {
        keepers.get(id)?.end();
        keepers.delete(id);
      }
    }
  };
  const following = createFollowing({ office, keepers, placing, watchers, keep });
  // A leader never receives a snapshot, so it never sees "all".
  const stopListening = replica.onChange((changes) => changes !== "all" && following.changed(changes));
  keep(state.machines.keys());
  placing.consider(state.units.keys(), false);
  log("notice", `leading in term ${epoch}`);
  return {
    ...{ epoch, view: office.view, propose: office.propose, placing, losing, watchers },
    keeper: (machine) => keepers.get(machine),
    end: () => {
      stopListening();
      for (const part of [placing, losing, renewing, watchers, ...keepers.values()]) part.end();
      log("notice", `no longer leading in term ${epoch}`);
    },
  };
}

function openOffice(options: LeaderOptions, observed: Office["observed"]): Office {
  const { consensus, replica, epoch, clock, random, log } = options;
  const { state } = replica;
  return {
    clock,
    random,
    log,
    view: createView(state, parseUnit),
    clockErrors: (machine) => ({ machinePpm: machine.clockRatePpm, memberPpm: options.clockRatePpm }),
    propose: createPropose(consensus, clock, epoch),
    confirm: async () => {
      const { term } = await consensus.confirmLeadership();
      // A member that lost its leadership and has it again is another leader.
      if (term !== epoch) throw leadershipLost();
    },
    connect: (machine, seq, signal) =>
      options.connect(machine, { cluster: state.cluster, epoch, seq, signal }),
    observed,
  };
}
