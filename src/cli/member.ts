import type { Command } from "commander";
import type { MemberView } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { addListing, type Listing } from "./listing.ts";
import { openSession, type Session } from "./session.ts";
import { print } from "./terminal.ts";

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

/** The one member of this id, or of this name: an id is `NAME.` and random digits. */
async function findMember({ client }: Session, given: string): Promise<MemberView> {
  const { members } = await client.members();
  const found = members.find(({ id }) => id === given || id.slice(0, id.lastIndexOf(".")) === given);
  if (found) return found;
  throw new FlotillaError("member-not-found", `no member is ${given}`, {
    hint: "flotillactl member list shows them",
  });
}

export function register(program: Command): void {
  const member = program.command("member").description("the flotillads that agree on the cluster's state");
  addListing(member.command("list").description("list the members with their roles"), listing);
  member
    .command("add")
    .argument("<id>", "what `flotillad identify` prints on the new member")
    .argument("<address>", "HOST:PORT at which the other members reach it")
    .description("let a flotillad join; it gets its vote once it has caught up")
    .action(async (id: string, address: string, _options, self: Command) => {
      const { client } = await openSession(self);
      await client.addMember({ id, address });
      print(`Member ${id} added`);
    });
  member
    .command("remove")
    .argument("<member>", "its id or name")
    .description("remove a member for good; its data directory is worth nothing afterwards")
    .action(async (given: string, _options, self: Command) => {
      const session = await openSession(self);
      const { id } = await findMember(session, given);
      await session.client.removeMember(id);
      print(`Member ${id} removed`);
    });
  member
    .command("transfer")
    .argument("<member>", "its id or name")
    .description("make a member the leader")
    .action(async (given: string, _options, self: Command) => {
      const session = await openSession(self);
      const { id, role } = await findMember(session, given);
      if (role !== "leader") await session.client.transferLeadership(id);
      print(`Member ${id} leads`);
    });
}
