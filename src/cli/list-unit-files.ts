import type { Command } from "commander";
import type { UnitView } from "../api/contract.ts";
import { addListing, formatHash, type Listing } from "./listing.ts";
import { formatMachine } from "./machine-name.ts";

const listing: Listing<UnitView> = {
  columns: {
    unit: (unit) => unit.name,
    hash: (unit, isFull) => formatHash(unit.hash, isFull),
    dstate: (unit) => unit.desired,
    state: (unit) => unit.current ?? "-",
    target: (unit, isFull) => {
      if (unit.isGlobal) return "global";
      return unit.machine === null ? "-" : formatMachine(unit.machine, isFull);
    },
    desc: (unit) => unit.description,
    global: (unit) => String(unit.isGlobal),
  },
  fields: "unit,hash,dstate,state,target",
  rows: async (client) => (await client.units()).units.filter((unit) => !unit.isDestroyed),
  order: (unit) => unit.name,
  toJson: (unit) => ({
    unit: unit.name,
    hash: unit.hash,
    dstate: unit.desired,
    state: unit.current,
    machine: unit.machine?.id ?? null,
    ip: unit.machine?.address ?? null,
    desc: unit.description,
    global: unit.isGlobal,
    exclusive: unit.isExclusive,
    reasons: unit.reasons,
    pending: unit.pending,
  }),
};

export function register(program: Command): void {
  const command = program
    .command("list-unit-files")
    .description("list the units that the cluster knows, with their desired and current state");
  addListing(command, listing);
}
