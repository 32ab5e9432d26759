import { type Clock, systemClock } from "../clock.ts";
import type { Enrolment, MachineRecord } from "../cluster/state.ts";
import { FlotillaError } from "../error.ts";
import type { Leader } from "../leader/leader.ts";
import { boundedClockPpm, clockErrorPpm } from "../lease/bound.ts";
import { checkMachine } from "../machine/check.ts";
import { type JournalOptions, streamJournal, unitStatus } from "../machine/journal.ts";
import { probeMachine } from "../machine/probe.ts";
import { connectSsh, pinnedHostKey } from "../machine/ssh.ts";
import type { Identity, Target } from "../machine/target.ts";
import type { EnrolRequest, ProbeAnswer, ProbeRequest, StatusAnswer } from "./contract.ts";

/** What requests do on machines, each over a connection of its own: nothing here can delay a renewal. */
export interface Reaching {
  status(leader: Leader, unit: string): Promise<StatusAnswer["outputs"]>;
  journal(leader: Leader, options: JournalOptions, signal: AbortSignal): AsyncIterable<Buffer>;
  probe(request: ProbeRequest): Promise<ProbeAnswer>;
  /** Looks at the machine behind an enrolment: who it is, and whether it can fence exclusive units. */
  enrolment(request: EnrolRequest): Promise<Enrolment>;
}

export function createReaching(identity: Identity, clock: Clock = systemClock): Reaching {
  const to = (target: Target) => ({ target, identity, clock });
  return {
    status: async (leader, unit) =>
      Promise.all(
        homesOf(leader, unit).map(async (machine) => {
          const { exitCode, stdout } = await unitStatus(to(machine), unit);
          return { machine: { id: machine.id, address: machine.address }, exitCode: exitCode ?? 1, stdout };
        }),
      ),
    journal: (leader, options, signal) => {
      const [machine] = homesOf(leader, options.unit);
      if (!machine) throw notPlaced(options.unit);
      return streamJournal({ ...to(machine), signal }, options);
    },
    probe: async ({ address, port, user }) => {
      const probe = await probeMachine(to({ address, port, user, hostKey: undefined }));
      return { hostKey: probe.hostKey, fingerprint: probe.fingerprint, machineId: probe.machineId ?? null };
    },
    enrolment: async ({ address, port, user, hostKey, metadata, clockPpm }) => {
      const target = { address, port, user, hostKey };
      const connection = await connectSsh(to(target), pinnedHostKey(target));
      try {
        const facts = await checkMachine(connection);
        if (!facts.isRoot)
          throw new FlotillaError("machine-not-root", `user ${user} cannot become root with sudo -n`, {
            at: connection.at,
            hint: "allow it in sudoers: `USER ALL=(ALL) NOPASSWD: ALL`",
          });
        const isExclusiveCapable = Boolean(facts.bash && facts.flock && facts.cgroupKill);
        const slewPpm = clockPpm ?? facts.time.slewPpmMax;
        const clockRatePpm = clockErrorPpm(slewPpm !== undefined && slewPpm <= boundedClockPpm);
        return { ...target, id: facts.machineId, metadata, isExclusiveCapable, clockRatePpm };
      } finally {
        connection.life.end(new FlotillaError("closed", "the check is done"));
      }
    },
  };
}

/** Where a unit is: its machine, or every machine for a global one. */
function homesOf({ view }: Leader, unit: string): MachineRecord[] {
  const { state, catalog } = view;
  if (!state.units.has(unit) && !state.placements.has(unit))
    throw new FlotillaError("unit-not-found", `no such unit: ${unit}`, {
      hint: "flotillactl list-unit-files shows those that the cluster knows",
    });
  if (catalog.globals.has(unit)) return [...state.machines.values()].filter(({ status }) => status === "up");
  const home = state.machines.get(state.placements.get(unit)?.machine ?? "");
  if (!home) throw notPlaced(unit);
  return [home];
}

const notPlaced = (unit: string): FlotillaError =>
  new FlotillaError("unit-not-loaded", `Unit ${unit} does not appear to be loaded.`, {
    at: unit,
    hint: "flotillactl list-unit-files shows what is known of it",
  });
