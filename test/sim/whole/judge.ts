import type { Envelope, Held } from "../../../src/cluster/command.ts";
import type { Replica } from "../../../src/cluster/replica.ts";
import { leaseTarget } from "../../../src/lease/places.ts";
import type { RoleChange } from "../../../src/raft/consensus.ts";
import type { Definition } from "../machine/definition.ts";

/** Something that runs: a process or a mount. */
interface Copy {
  readonly unit: string;
  readonly machine: string;
  readonly bootId: string;
  /** Bound to the lease when it was started. */
  readonly isExclusive: boolean;
  /** A device that it has mounted. */
  readonly device: string | undefined;
}

/** Sees everything that happens anywhere, at the moment when it happens, and says what must not have. */
export interface Judge {
  readonly violations: string[];
  reboots: number;
  began(machine: string, bootId: string, definition: Definition, generation: number | undefined): void;
  ended(machine: string, bootId: string, unit: string): void;
  copies(): readonly Copy[];
  /** As long as a machine stands still, and until its guards can have looked at the clock, nothing on it acts. */
  stands(machine: string, isStill: boolean): void;
  registered(machine: string, bootId: string, epoch: number, seq: number): void;
  /** A leader's order takes effect on a machine. */
  stepped(machine: string, bootId: string, epoch: number, seq: number, what: string): void;
  /** A leader proposes this, now. */
  proposed(envelope: Envelope): void;
  elected(member: string, change: RoleChange): void;
  /** The replica, watched: everybody applies the same, and each key once. */
  watch(member: string, replica: Replica): Replica;
  /** A client was told that its command is done. */
  acknowledged(key: string): void;
}

/** From the end of a standstill until the guards have killed what their clock says is over. */
const wakingMs = 600;

export function createJudge(now: () => number, trace: (text: string) => void): Judge {
  const violations: string[] = [];
  const copies = new Map<string, Copy>();
  const highest = new Map<string, { epoch: number; seq: number }>();
  const stillUntil = new Map<string, number>();
  const leaders = new Map<number, string>();
  const history = new Map<number, string>();
  const effects = new Map<string, number>();
  const object = (violation: string) => {
    trace(`VIOLATION ${violation}`);
    if (violations.length < 20) violations.push(`${now().toFixed(1)} ${violation}`);
  };
  const keyOf = (machine: string, bootId: string, unit: string) => `${machine} ${bootId} ${unit}`;

  const isActing = ({ machine }: Copy) => now() >= (stillUntil.get(machine) ?? 0);
  const checkAlone = (copy: Copy) => {
    for (const other of copies.values()) {
      if (!isActing(other)) continue;
      if (other.machine === copy.machine && other.bootId === copy.bootId) continue;
      if (other.unit === copy.unit && other.isExclusive)
        object(`${copy.unit} starts on ${copy.machine} and still runs on ${other.machine}`);
      else if (copy.device !== undefined && other.device === copy.device)
        object(`${copy.device} is mounted on ${copy.machine} and still on ${other.machine}`);
    }
  };
  const checkFree = ({ machine, bootId, units }: Held, proof: string) => {
    for (const { unit } of units) {
      const copy = copies.get(keyOf(machine, bootId, unit));
      if (copy?.isExclusive && isActing(copy))
        object(`${unit} still runs on ${machine} when its release is proposed (${proof})`);
    }
  };
  return {
    violations,
    reboots: 0,
    copies: () => [...copies.values()],
    stands: (machine, isStill) => {
      stillUntil.set(machine, isStill ? Number.POSITIVE_INFINITY : now() + wakingMs);
    },
    began: (machine, bootId, definition, generation) => {
      trace(`${machine}: ${definition.name} runs (${generation ?? "-"})`);
      const device = definition.mount && !definition.mount.isGlobal ? definition.mount.what : undefined;
      const isExclusive = definition.source.includes(leaseTarget);
      const copy = { unit: definition.name, machine, bootId, isExclusive, device };
      checkAlone(copy);
      copies.set(keyOf(machine, bootId, definition.name), copy);
    },
    ended: (machine, bootId, unit) => {
      if (copies.delete(keyOf(machine, bootId, unit))) trace(`${machine}: ${unit} is gone`);
    },
    registered: (machine, bootId, epoch, seq) => {
      trace(`${machine}: epoch ${epoch} registers, ${seq}`);
      const place = `${machine} ${bootId}`;
      const before = highest.get(place);
      if (!before || epoch > before.epoch || (epoch === before.epoch && seq > before.seq))
        highest.set(place, { epoch, seq });
    },
    stepped: (machine, bootId, epoch, seq, what) => {
      const top = highest.get(`${machine} ${bootId}`);
      if (!what.startsWith("renew")) trace(`${machine}: ${what} (${epoch})`);
      if (top && (epoch < top.epoch || (epoch === top.epoch && seq < top.seq)))
        object(`${machine} obeys epoch ${epoch}.${seq} after ${top.epoch}.${top.seq}: ${what}`);
    },
    proposed: ({ command }) => {
      if (command.kind === "release" || command.kind === "lose") checkFree(command.held, command.proof.kind);
    },
    elected: (member, { role, term }) => {
      if (role !== "leader") return;
      const other = leaders.get(term) ?? member;
      if (other !== member) object(`${other} and ${member} lead in term ${term}`);
      leaders.set(term, member);
    },
    watch: (member, replica) => {
      let applied = 0;
      return {
        ...replica,
        apply: (entry) => {
          if (entry.index <= applied) object(`${member} applied ${entry.index} after ${applied}`);
          applied = entry.index;
          const text = `${entry.term}:${entry.data}`;
          const known = history.get(entry.index);
          history.set(entry.index, known ?? text);
          if (known !== undefined && known !== text)
            object(`${member} applied another entry at ${entry.index}`);
          const { epoch, key, command }: Envelope = JSON.parse(entry.data);
          const answer = replica.apply(entry);
          const isEffective = replica.state.events.at(-1)?.index === entry.index;
          if (known === undefined)
            trace(`applied ${entry.index}: ${describe(command)} ${answer.ok ? "" : answer.code}`);
          if (key !== undefined && epoch === entry.term) {
            const effect = effects.get(key) ?? entry.index;
            if (effect !== entry.index && isEffective)
              object(`${key} took effect at ${effect} and ${entry.index}`);
            effects.set(key, effect);
          }
          return answer;
        },
        restore: (snapshot) => {
          replica.restore(snapshot);
          applied = 0;
        },
      };
    },
    acknowledged: (key) => {
      if (!effects.has(key)) object(`${key} was acknowledged and took no effect`);
    },
  };
}

function describe(command: Envelope["command"]): string {
  const { kind, ...rest } = command;
  return `${kind} ${JSON.stringify(rest, (key, value) => (key === "text" || key === "lease" ? "..." : value)).slice(0, 220)}`;
}
