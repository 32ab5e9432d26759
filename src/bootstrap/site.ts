import { FlotillaError } from "../error.ts";
import { checkMachine, type MachineFacts } from "../machine/check.ts";
import { type Connection, connectSsh, pinnedHostKey } from "../machine/ssh.ts";
import type { Target } from "../machine/target.ts";
import type { ListedMachine } from "./cluster-file.ts";
import { forEachMachine } from "./each.ts";
import { type FoundHostKey, findHostKey, notTrusted, placeOf } from "./host-keys.ts";
import type { Run } from "./run.ts";
import { type Survey, surveyMachine } from "./survey.ts";
import { judgeMachine, judgeTwins } from "./verdict.ts";

/** A listed machine that answered and may take part, with the connection over which everything is done there. */
export interface Site {
  readonly machine: ListedMachine;
  readonly hostKey: string;
  readonly connection: Connection;
  readonly facts: MachineFacts;
  readonly survey: Survey;
}

/** Connects to all machines and looks at them; those that cannot take part are reported and left out. */
export async function visitMachines(run: Run): Promise<Site[]> {
  const { file, report, signal } = run;
  const of = { name: (machine: ListedMachine) => machine.name, report, signal };
  run.progress(`looking at ${file.machines.length} machines`);
  const hostKeys = await trustHostKeys(run);
  const sites = await forEachMachine(
    file.machines.filter((machine) => hostKeys.has(machine)),
    of,
    async (machine): Promise<Site> => {
      const hostKey = hostKeys.get(machine) ?? "";
      const connection = await logIn({ ...machine, hostKey }, run);
      const facts = await checkMachine(connection);
      const { faults, warnings } = judgeMachine(machine, facts);
      for (const warning of warnings) report.warn(machine.name, warning);
      const [fault] = faults;
      if (fault) {
        connection.life.end(new FlotillaError("closed", "it takes no part"));
        throw new FlotillaError("machine-unfit", faults.map(({ message }) => message).join("; "), fault);
      }
      return { machine, hostKey, connection, facts, survey: await surveyMachine(connection, nowS) };
    },
  );
  const twins = judgeTwins(sites.map(({ machine, facts }) => ({ name: machine.name, ...facts })));
  for (const [name, complaint] of twins) report.fail(name, complaint);
  return sites.filter(({ machine }) => !twins.has(machine.name));
}

const nowS = () => Date.now() / 1000;

/** Ends the connections. */
export function leaveMachines(sites: readonly Site[]): void {
  for (const { connection } of sites) connection.life.end(new FlotillaError("closed", "bootstrap is done"));
}

/** Looks up all host keys at once, then asks one question after another about those that nobody vouched for. */
async function trustHostKeys(run: Run): Promise<Map<ListedMachine, string>> {
  const { file, report, signal, state, clock } = run;
  const of = { name: (machine: ListedMachine) => machine.name, report, signal };
  const [identity] = run.identities;
  const found = await forEachMachine(
    file.machines,
    of,
    async (machine) => [machine, await findHostKey(machine, state, { identity, clock, signal })] as const,
  );
  const trusted = new Map<ListedMachine, string>();
  for (const [machine, key] of found) {
    if (!(await isAccepted(machine, key, run))) {
      const { message, hint } = notTrusted(machine, key);
      report.fail(machine.name, { message, ...(hint === undefined ? {} : { hint }) });
      continue;
    }
    state.pinHostKey(placeOf(machine), key.hostKey);
    trusted.set(machine, key.hostKey);
  }
  return trusted;
}

async function isAccepted(machine: ListedMachine, key: FoundHostKey, run: Run): Promise<boolean> {
  if (key.isTrusted) return true;
  const [type] = key.hostKey.split(" ");
  return run.confirm(
    `${machine.name} (${placeOf(machine)}) shows the host key ${type} ${key.fingerprint}. Is that its key`,
  );
}

/** Tries the operator's keys one after another. */
async function logIn(target: Target, { identities, clock, signal }: Run): Promise<Connection> {
  let refusal: unknown;
  for (const identity of identities) {
    try {
      return await connectSsh({ target, identity, clock, signal }, pinnedHostKey(target));
    } catch (error) {
      if (!(error instanceof FlotillaError)) throw error;
      if (error.code === "host-key-changed") throw hostKeyChanged(error);
      if (error.code !== "machine-auth-failed" && error.code !== "identity-invalid") throw error;
      refusal = error;
    }
  }
  throw new FlotillaError("machine-auth-failed", "the machine accepts none of your SSH keys", {
    hint: `put a public key of yours into authorized_keys of ${target.user} there, or name the right one under [ssh]`,
    cause: refusal,
  });
}

const hostKeyChanged = ({ code, message, at }: FlotillaError): FlotillaError =>
  new FlotillaError(code, message, {
    ...(at === undefined ? {} : { at }),
    hint: "if it was reinstalled, set its new host_key in cluster.toml; otherwise somebody answers in its place",
  });
