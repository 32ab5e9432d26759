import type { Command } from "commander";
import type { MachineView } from "../api/contract.ts";
import { addListing, type Listing } from "./listing.ts";
import { formatId, formatMachine } from "./machine-name.ts";

const listing: Listing<MachineView> = {
  columns: {
    machine: (machine, isFull) => formatId(machine.id, isFull),
    ip: (machine) => machine.address,
    metadata: ({ metadata }) =>
      Object.keys(metadata)
        .sort()
        .map((key) => `${key}=${metadata[key]}`)
        .join(","),
    status: (machine) => machine.status,
    member: (machine) => machine.member ?? "-",
    fingerprint: (machine) => machine.fingerprint,
  },
  fields: "machine,ip,metadata",
  rows: async (client) => [...(await client.machines()).machines],
  order: (machine) => machine.id,
  toJson: (machine) => ({
    machine: machine.id,
    ip: machine.address,
    port: machine.port,
    user: machine.user,
    metadata: machine.metadata,
    status: machine.status,
    reason: machine.statusReason,
    boot: machine.bootId,
    member: machine.member,
    fingerprint: machine.fingerprint,
    exclusive: machine.isExclusiveCapable,
  }),
  // fleet drops a machine that is away from the list; here it stays, so somebody has to say so.
  notes: (machines) =>
    machines
      .filter((machine) => machine.status !== "ready")
      .map((machine) => {
        const reason = machine.statusReason === null ? "" : `: ${machine.statusReason}`;
        return `Warning: machine ${formatMachine(machine)} is ${machine.status}${reason}`;
      }),
};

export function register(program: Command): void {
  addListing(program.command("list-machines").description("list the machines of the cluster"), listing);
}
