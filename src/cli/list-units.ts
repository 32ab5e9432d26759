import type { Command } from "commander";
import type { Observed, UnitView } from "../api/contract.ts";
import { addListing, formatHash, type Listing } from "./listing.ts";
import { formatMachine } from "./machine-name.ts";

interface Row {
  readonly unit: UnitView;
  readonly observed: Observed;
}

const listing: Listing<Row> = {
  columns: {
    unit: ({ unit }) => unit.name,
    load: ({ observed }) => observed.load,
    active: ({ observed }) => observed.active,
    sub: ({ observed }) => observed.sub,
    machine: ({ observed }, isFull) => formatMachine(observed.machine, isFull),
    hash: ({ unit }, isFull) => formatHash(unit.hash, isFull),
  },
  fields: "unit,machine,active,sub",
  rows: async (client) => {
    const { units } = await client.units();
    return units.flatMap((unit) => unit.observed.map((observed) => ({ unit, observed })));
  },
  order: ({ unit, observed }) => `${unit.name} ${observed.machine.id}`,
  toJson: ({ unit, observed: { machine, load, active, sub } }) => ({
    unit: unit.name,
    load,
    active,
    sub,
    machine: machine.id,
    ip: machine.address,
    hash: unit.hash,
  }),
};

export function register(program: Command): void {
  const command = program
    .command("list-units")
    .description("list the state of all units that are on a machine, as systemd there reports it");
  addListing(command, listing);
}
