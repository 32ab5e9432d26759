import type { Command } from "commander";
import type { ProbeRequest } from "../api/contract.ts";
import { FlotillaError } from "../error.ts";
import { usageError } from "./exit.ts";
import { formatMachine } from "./machine-name.ts";
import { openSession, type Session } from "./session.ts";
import { confirm, print, tell } from "./terminal.ts";

interface EnrolOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly hostKey?: string;
  readonly yes?: boolean;
}

/** `[USER@]HOST[:PORT]`, an IPv6 address with a port in brackets. */
export function parseSshAddress(text: string): ProbeRequest {
  const match = /^(?:([^@]+)@)?(?:\[([^@\]]+)\]|([^@:]+|[^@:]*:[^@]*:[^@]*))(?::(\d+))?$/.exec(text);
  const address = match?.[2] ?? match?.[3];
  const port = Number(match?.[4] ?? 22);
  if (address === undefined || port > 65535)
    throw usageError(`invalid address ${text}`, "give [USER@]HOST[:PORT].");
  return { user: match?.[1] ?? "root", address, port };
}

/**
 * Adds a machine whose host key somebody vouches for: by giving it, by `--yes`, or by answering. A known one takes
 * over what is given, and keeps its metadata unless others are given.
 */
export async function enrol(given: string, options: EnrolOptions, command: Command): Promise<void> {
  const target = parseSshAddress(given);
  const session = await openSession(command);
  const hostKey = options.hostKey ?? (await askForTrust(session, target, options.yes ?? false));
  const { machines } = await session.client.machines();
  const known = machines.find(({ address, port }) => address === target.address && port === target.port);
  const metadata = { ...(options.metadata ?? known?.metadata) };
  const { id } = await session.client.enrol({ ...target, hostKey, metadata });
  print(`Machine ${formatMachine({ id, address: target.address })} ${known ? "updated" : "added"}`);
}

async function askForTrust(
  { client, signal }: Session,
  target: ProbeRequest,
  isTrusted: boolean,
): Promise<string> {
  const { hostKey, fingerprint, machineId } = await client.probe(target);
  tell(`${target.address} shows the host key ${hostKey.split(" ")[0]} ${fingerprint}`);
  if (machineId !== null) tell(`Its machine id is ${machineId}.`);
  if (isTrusted || (await confirm("Is that its key? Add the machine", signal))) return hostKey;
  throw new FlotillaError(
    "host-key-not-trusted",
    "the machine was not added: nobody vouched for its host key",
    {
      hint: "compare it with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there, then use --yes or --host-key.",
    },
  );
}
