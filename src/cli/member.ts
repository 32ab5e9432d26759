import type { Command } from "commander";
import type { MemberView } from "../api/contract.ts";
import { addListing, type Listing } from "./listing.ts";

const listing: Listing<MemberView> = {
  columns: {
    member: (member) => member.id,
    address: (member) => member.address,
    role: (member) => member.role,
    voter: (member) => String(member.isVoter),
  },
  fields: "member,address,role,voter",
  rows: async (client) => [...(await client.members()).members],
  order: (member) => member.id,
  toJson: ({ id, address, role, isVoter }) => ({ member: id, address, role, voter: isVoter }),
};

export function register(program: Command): void {
  const member = program.command("member").description("the flotillads that agree on the cluster's state");
  addListing(member.command("list").description("list the members with their roles"), listing);
}
