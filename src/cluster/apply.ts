import { type Applying, type Changes, done, refused } from "./applying.ts";
import type { Command, Envelope } from "./command.ts";
import { record } from "./event.ts";
import { caught } from "./loose.ts";
import {
  adoptMachine,
  drain,
  forgetMachine,
  lose,
  machineUp,
  removeMachine,
  setMachine,
  suspect,
} from "./machines.ts";
import { place, release, renewGeneration } from "./placements.ts";
import type { Answer, ClusterState } from "./state.ts";
import { destroy, setDesired, submit } from "./units.ts";

/** How many answers are kept for clients that retry. */
export const ANSWERS_MAX = 1000;

/**
 * Applies one log entry to `state`, in place and deterministically: the same entries give the same state on every
 * member. Everything that must hold for safety is checked here again, whatever the proposer believed.
 */
export function apply(
  state: ClusterState,
  entry: { readonly index: number; readonly term: number },
  { epoch, at, key, command }: Envelope,
): { answer: Answer; changes: Changes } {
  const changes: Changes = { units: new Set(), machines: new Set(), isLease: false };
  const earlier = key === undefined ? undefined : state.answers.get(key);
  if (earlier) return { answer: earlier, changes };
  // An answer that depends on the moment of leadership must not be remembered: the retry may succeed.
  if (epoch !== entry.term)
    return { answer: refused("leadership-lost", "the leader changed meanwhile"), changes };

  const tell: Applying["tell"] = (kind, message, about) =>
    record(state, { index: entry.index, at, kind, message, ...about });
  const answer = applyCommand({ state, changes, at, tell }, command);
  if (key !== undefined) remember(state, key, answer);
  return { answer, changes };
}

function applyCommand(now: Applying, command: Command): Answer {
  switch (command.kind) {
    case "found":
      if (now.state.cluster !== "") return refused("cluster-exists", `this is cluster ${now.state.cluster}`);
      now.state.cluster = command.cluster;
      now.state.lease = command.lease;
      now.tell("founded", `cluster ${command.cluster} founded`, {});
      return done();
    case "submit":
      return submit(now, command);
    case "set-desired":
      return setDesired(now, command);
    case "destroy":
      return destroy(now, command);
    case "enrol":
      return setMachine(now, command.machine);
    case "adopt-machine":
      return adoptMachine(now, command.machine, command.from);
    case "remove-machine":
      return removeMachine(now, command.machine);
    case "caught":
      return caught(now, command.machine, command.bootId, command.unit);
    case "forget-machine":
      return forgetMachine(now, command.machine);
    case "machine-up":
      return machineUp(now, command.machine, command.bootId);
    case "drain":
      return drain(now, command.machine, command.bootId);
    case "suspect":
      return suspect(now, command.machine, command.reason);
    case "lose":
      return lose(now, command.held, command.proof);
    case "place":
      return place(now, command);
    case "renew-generation":
      return renewGeneration(now, command.held, command.reason);
    case "release":
      return release(now, command.held, command.proof);
    case "set-lease":
      return setLease(now, command.lease);
    case "lease-acknowledged":
      return acknowledgeLease(now, command.machine, command.lease);
  }
}

/** Every machine counts with the larger of both until it has acknowledged the new one (lease.md, rule 17). */
function setLease(now: Applying, lease: ClusterState["lease"]): Answer {
  now.state.lease = lease;
  now.changes.isLease = true;
  for (const machine of now.state.machines.values()) {
    const leaseInForce = largest(machine.leaseInForce, lease);
    now.state.machines.set(machine.id, { ...machine, leaseInForce });
  }
  now.tell(
    "lease",
    `lease set: ${Object.entries(lease)
      .map(([k, v]) => `${k} ${v}`)
      .join(", ")}`,
    {},
  );
  return done();
}

function acknowledgeLease(now: Applying, id: string, lease: ClusterState["lease"]): Answer {
  const machine = now.state.machines.get(id);
  if (!machine || JSON.stringify(lease) !== JSON.stringify(now.state.lease)) return done();
  now.state.machines.set(id, { ...machine, leaseInForce: lease });
  return done();
}

function largest(a: ClusterState["lease"], b: ClusterState["lease"]): ClusterState["lease"] {
  const max = (key: keyof typeof a): number => Math.max(a[key], b[key]);
  return Object.fromEntries((Object.keys(a) as (keyof typeof a)[]).map((key) => [key, max(key)])) as never;
}

function remember(state: ClusterState, key: string, answer: Answer): void {
  state.answers.set(key, answer);
  for (const oldest of state.answers.keys()) {
    if (state.answers.size <= ANSWERS_MAX) return;
    state.answers.delete(oldest);
  }
}
