import { type Command, InvalidArgumentError } from "commander";
import type { MachineView } from "../api/contract.ts";
import { sleep } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { addWaitOptions, timeoutMsOf, type WaitOptions } from "./change-options.ts";
import { enrol } from "./enrolment.ts";
import { tellOnInterrupt } from "./interruption.ts";
import { formatMachine } from "./machine-name.ts";
import { openSession, type Session } from "./session.ts";
import { print, showProgress } from "./terminal.ts";

const pollMs = 500;

/** The one machine of this address, or whose id begins so. */
function findMachine(machines: readonly MachineView[], given: string): MachineView {
  const found = machines.filter(
    ({ id, address }) => address === given || id.startsWith(given.replace(/\.\.\.$/, "")),
  );
  const [machine] = found;
  if (machine !== undefined && found.length === 1) return machine;
  throw new FlotillaError(
    "machine-not-found",
    `${found.length === 0 ? "no" : "more than one"} machine is ${given}`,
    {
      hint: "give a machine as list-machines shows it: its id, the beginning of it, or its address.",
    },
  );
}

/** Waits until its units have left it. */
async function waitUntilGone(session: Session, id: string, timeoutMs: number): Promise<void> {
  const deadlineMs = session.clock.now() + timeoutMs;
  for (;;) {
    const machine = (await session.client.machines()).machines.find((one) => one.id === id);
    if (machine === undefined) return;
    if (session.clock.now() >= deadlineMs)
      throw new FlotillaError(
        "timed-out",
        `machine ${id} is still being removed: ${machine.statusReason ?? ""}`,
      );
    showProgress(`waiting for ${formatMachine(machine)} to be left: ${machine.statusReason ?? ""}`);
    await sleep(session.clock, pollMs);
  }
}

async function remove(given: string, options: WaitOptions, command: Command): Promise<void> {
  const session = await openSession(command);
  const machine = findMachine((await session.client.machines()).machines, given);
  await session.client.removeMachine(machine.id);
  const waiting = options.block
    ? waitUntilGone(session, machine.id, timeoutMsOf(options))
    : Promise.resolve();
  await tellOnInterrupt(`removal of machine ${machine.id} goes on`, waiting);
  print(`Machine ${formatMachine(machine)} removed`);
}

function parseMetadata(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => /^([^=\s]+)=(.*)$/.exec(pair));
  if (pairs.includes(null)) throw new InvalidArgumentError("It takes key=value,key=value.");
  return Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]));
}

export function register(program: Command): void {
  const machine = program.command("machine").description("the machines of the cluster");
  machine
    .command("add")
    .argument("<address>", "[USER@]HOST[:PORT], as the members reach its sshd")
    .description("add a machine, after a look at its host key")
    .option("--metadata <k=v,...>", "what units ask for with MachineMetadata=", parseMetadata)
    .option("--host-key <key>", "the host key to expect: 'ssh-ed25519 AAAA...'")
    .option("-y, --yes", "trust the host key that it shows")
    .action(enrol);
  machine
    .command("adopt")
    .argument("<machine>", "id, beginning of an id, or address")
    .requiredOption("--from <cluster>", "id of the cluster that gives it up, as the refusal named it")
    .description("take a machine over that obeys another cluster; what that one left there is stopped")
    .action(async (given: string, { from }: { from: string }, self: Command) => {
      const { client } = await openSession(self);
      const found = findMachine((await client.machines()).machines, given);
      await client.adoptMachine(found.id, { from });
      print(`Machine ${formatMachine(found)} adopted from cluster ${from}`);
    });
  const removing = machine
    .command("remove")
    .argument("<machine>", "id, beginning of an id, or address")
    .description("remove a machine; its units move to others first");
  addWaitOptions(removing).action(remove);
}
