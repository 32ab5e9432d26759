import type { RoleChange, StateMachine } from "../../src/raft/consensus.ts";
import { crc32 } from "../../src/raft/crc32.ts";

/** A command of the simulated clients: write `value`, once, however often it is repeated. */
export interface Write {
  readonly client: string;
  readonly seq: number;
}

/** A register on every member: who wrote last, at which index. */
export interface Register extends StateMachine {
  /** Index of the write that is visible now. */
  visible(): number;
  applied(): number;
  digest(): number;
}

/** Sees everything that happens, and says what must not have. */
export interface Judge {
  readonly violations: string[];
  register(member: string): Register;
  /** `member` became leader: nobody else may be it in this term. */
  elected(member: string, change: RoleChange): void;
  /** An operation begins; the returned function ends it with the write it made or saw. */
  begin(kind: "read" | "write"): (index: number) => void;
  /** Index of the last acknowledged operation. */
  acknowledged(): number;
  operations(): number;
}

interface State {
  applied: number;
  visible: number;
  digest: number;
  /** The last write of each client: its number and its index. */
  seen: Record<string, { seq: number; index: number }>;
}

export function createJudge(options: { readonly isDeduplicating: boolean }): Judge {
  const violations: string[] = [];
  const history = new Map<number, { entry: string; digest: number }>();
  const leaders = new Map<number, string>();
  const effects = new Map<string, number>();
  let completed = 0;
  let operations = 0;
  const object = (violation: string) => {
    if (violations.length < 20) violations.push(violation);
  };

  const register = (member: string): Register => {
    let state: State = { applied: 0, visible: 0, digest: 0, seen: {} };
    return {
      visible: () => state.visible,
      applied: () => state.applied,
      digest: () => state.digest,
      snapshot: () => JSON.stringify(state),
      restore: (text) => {
        state = JSON.parse(text);
        const known = history.get(state.applied);
        if (known && known.digest !== state.digest)
          object(`${member} restored another past at ${state.applied}`);
      },
      apply: ({ index, term, data }) => {
        if (index <= state.applied) object(`${member} applied ${index} after ${state.applied}`);
        const entry = `${term}:${data}`;
        const digest = crc32(Buffer.from(entry), state.digest);
        const known = history.get(index);
        if (!known) history.set(index, { entry, digest });
        else if (known.digest !== digest)
          object(`${member} applied ${entry} at ${index}, others ${known.entry}`);
        const { client, seq }: Write = JSON.parse(data);
        const last = state.seen[client];
        Object.assign(state, { applied: index, digest });
        if (options.isDeduplicating && last && last.seq >= seq) return last.index;
        const effect = effects.get(`${client}:${seq}`) ?? index;
        if (effect !== index) object(`write ${client}:${seq} took effect at ${effect} and ${index}`);
        effects.set(`${client}:${seq}`, effect);
        state.seen[client] = { seq, index };
        state.visible = index;
        return index;
      },
    };
  };
  return {
    violations,
    register,
    elected: (member, { role, term }) => {
      if (role !== "leader") return;
      const other = leaders.get(term) ?? member;
      if (other !== member) object(`${other} and ${member} lead in term ${term}`);
      leaders.set(term, member);
    },
    // Writes are totally ordered by their index, and a read stands behind the write it saw. So the run is linearizable
    // if nothing that begins after another has ended stands before it.
    begin: (kind) => {
      const floor = completed;
      return (index) => {
        operations++;
        if (kind === "write" ? index <= floor : index < floor)
          object(`a ${kind} at ${index} began after one at ${floor} had ended`);
        completed = Math.max(completed, index);
      };
    },
    acknowledged: () => completed,
    operations: () => operations,
  };
}
