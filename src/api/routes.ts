import type { Leader } from "../leader/leader.ts";
import type { Orders } from "../leader/orders.ts";
import type { Consensus } from "../raft/consensus.ts";
import * as contract from "./contract.ts";
import type { Reaching } from "./reaching.ts";
import type { Route } from "./route.ts";
import { viewMachine, viewUnit } from "./views.ts";

/** What requests work on where this member leads. */
export interface Leading {
  readonly leader: Leader;
  readonly orders: Orders;
  readonly consensus: Consensus;
  readonly reaching: Reaching;
}

const revisionOf = ({ leader }: Leading) => ({ revision: leader.watchers.revision() });

/** Reads see everything that was acknowledged before they were asked. */
const confirmed = async ({ consensus }: Leading): Promise<void> => void (await consensus.confirmLeadership());

const units: readonly Route<Leading>[] = [
  {
    method: "GET",
    path: "/v1/units",
    handle: async ({ leading, query, signal }) => {
      const { names, text, after, wait } = contract.unitsQuery.parse(query);
      const { leader } = leading;
      await confirmed(leading);
      if (after !== undefined) {
        const limit = AbortSignal.any([
          signal,
          AbortSignal.timeout(Math.round((wait ?? contract.maxWaitSeconds) * 1000)),
        ]);
        await leader.watchers.changed(names ?? [], after, limit);
      }
      const { units, placements } = leader.view.state;
      const asked = names ?? [...new Set([...units.keys(), ...placements.keys()])].sort();
      const views = asked.flatMap((name) => viewUnit(leader, name, text ?? false) ?? []);
      return { ...revisionOf(leading), units: views };
    },
  },
  {
    method: "POST",
    path: "/v1/units",
    handle: async ({ leading, body, key }) => {
      const request = contract.submitRequest.parse(body);
      const how = { desired: request.desired, replace: request.replace ?? false };
      const units = await leading.orders.submit(request.units, how, key);
      return { ...revisionOf(leading), units };
    },
  },
  {
    method: "POST",
    path: "/v1/desired",
    handle: async ({ leading, body, key }) => {
      const { names, desired } = contract.desireRequest.parse(body);
      await leading.orders.desire(names, desired, key);
      return revisionOf(leading);
    },
  },
  {
    method: "POST",
    path: "/v1/destroy",
    handle: async ({ leading, body, key }) => {
      await leading.orders.destroy(contract.destroyRequest.parse(body).names, key);
      return revisionOf(leading);
    },
  },
  {
    method: "POST",
    path: "/v1/status",
    handle: async ({ leading, body }) => ({
      outputs: await leading.reaching.status(leading.leader, contract.statusRequest.parse(body).name),
    }),
  },
  {
    method: "GET",
    path: "/v1/journal",
    handle: ({ leading, query, signal }) =>
      leading.reaching.journal(leading.leader, contract.journalQuery.parse(query), signal),
  },
  {
    method: "GET",
    path: "/v1/events",
    handle: async ({ leading }) => {
      await confirmed(leading);
      return { events: leading.leader.view.state.events };
    },
  },
];

const machines: readonly Route<Leading>[] = [
  {
    method: "GET",
    path: "/v1/machines",
    handle: async ({ leading }) => {
      await confirmed(leading);
      const { leader, consensus } = leading;
      const records = [...leader.view.state.machines.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const memberAt = (address: string) =>
        consensus
          .members()
          .find((member) => member.address.slice(0, member.address.lastIndexOf(":")) === address)?.id ?? null;
      const views = records.map((machine) => viewMachine(leader, machine, memberAt(machine.address)));
      return { ...revisionOf(leading), machines: views };
    },
  },
  {
    method: "POST",
    path: "/v1/machines/probe",
    handle: async ({ leading, body }) => leading.reaching.probe(contract.probeRequest.parse(body)),
  },
  {
    method: "POST",
    path: "/v1/machines",
    handle: async ({ leading, body, key }) => {
      const machine = await leading.reaching.enrolment(contract.enrolRequest.parse(body));
      await leading.orders.enrol(machine, key);
      return { ...revisionOf(leading), id: machine.id };
    },
  },
  {
    method: "POST",
    path: "/v1/machines/:id/adopt",
    handle: async ({ leading, path, body, key }) => {
      await leading.orders.adoptMachine(path["id"] ?? "", contract.adoptRequest.parse(body).from, key);
      return revisionOf(leading);
    },
  },
  {
    method: "DELETE",
    path: "/v1/machines/:id",
    handle: async ({ leading, path, key }) => {
      await leading.orders.removeMachine(path["id"] ?? "", key);
      return revisionOf(leading);
    },
  },
];

const members: readonly Route<Leading>[] = [
  {
    method: "GET",
    path: "/v1/members",
    handle: async ({ leading: { consensus } }) => {
      const { leader } = consensus.status();
      const role = (id: string) => (id === leader ? "leader" : "follower");
      return { members: consensus.members().map((member) => ({ ...member, role: role(member.id) })) };
    },
  },
  {
    method: "POST",
    path: "/v1/members",
    handle: async ({ leading: { consensus }, body }) => {
      const { id, address } = contract.memberRequest.parse(body);
      await consensus.addLearner(id, address);
      return {};
    },
  },
  {
    method: "POST",
    path: "/v1/members/:id/lead",
    handle: async ({ leading: { consensus }, path }) => {
      await consensus.transferLeadership(path["id"] ?? "");
      return {};
    },
  },
  {
    method: "DELETE",
    path: "/v1/members/:id",
    handle: async ({ leading: { consensus }, path }) => {
      const id = path["id"] ?? "";
      await consensus.remove(id);
      return {};
    },
  },
];

const lease: readonly Route<Leading>[] = [
  { method: "GET", path: "/v1/lease", handle: async ({ leading }) => leading.leader.view.state.lease },
  {
    method: "POST",
    path: "/v1/lease",
    handle: async ({ leading, body, key }) => {
      const { ttlMs, graceMs } = contract.leaseRequest.parse(body);
      const chosen = {
        ...(ttlMs === undefined ? {} : { ttlMs }),
        ...(graceMs === undefined ? {} : { graceMs }),
      };
      await leading.orders.setLease(chosen, key);
      return leading.leader.view.state.lease;
    },
  },
];

/** Everything that the leader answers. */
export const routes: readonly Route<Leading>[] = [...units, ...machines, ...members, ...lease];
