import type { MachineView } from "../api/contract.ts";
import { bootstrap } from "../bootstrap/bootstrap.ts";
import { type ClusterFile, readClusterFile } from "../bootstrap/cluster-file.ts";
import { operatorIdentities } from "../bootstrap/identities.ts";
import { createReport, type Report } from "../bootstrap/report.ts";
import { defaultStateDirectory, openStateDirectory } from "../bootstrap/state-dir.ts";
import { systemClock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { formatId } from "./machine-name.ts";
import { formatTable } from "./table.ts";
import { confirm, showProgress, tell } from "./terminal.ts";

export interface BootstrapOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly stateDir?: string;
  /** Leaves out the lines for people. */
  readonly isQuiet: boolean;
}

/** What is printed of a run. */
export interface BootstrapResult {
  readonly hasFailed: boolean;
  readonly lines: readonly string[];
  readonly json: unknown;
}

/** Bootstraps what the file describes, with progress and summary on stderr. */
export async function runBootstrap(path: string, options: BootstrapOptions): Promise<BootstrapResult> {
  const file = readClusterFile(path);
  const isDry = options.dryRun ?? false;
  const identities = operatorIdentities(file.identityFile, process.env);
  const state = openStateDirectory(options.stateDir ?? defaultStateDirectory(path, file), file.name, isDry);
  const width = Math.max(...file.machines.map(({ name }) => name.length), "cluster".length);
  const say = options.isQuiet ? () => {} : tell;
  const report = createReport(say, width);
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(
      new FlotillaError("interrupted", "interrupted", { hint: "running it again goes on from here" }),
    );
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, interrupt);
  const { signal } = interruption;
  const ask = async (question: string) => (await confirm(question, signal)) || false;
  try {
    const machines = await bootstrap({
      ...{ file, state, identities, report, signal, isDry, clock: systemClock },
      progress: showProgress,
      confirm: async (question) => {
        if (options.yes) say(`${question}: yes, as you said (--yes)`);
        return options.yes ?? ask(question);
      },
    });
    summarize(report, isDry, say);
    if (machines && !isDry && report.changes.length > 0) say(clientHint(file, state.path));
    return {
      hasFailed: report.failures.length > 0,
      lines: formatTable(machines && !isDry ? table(machines) : []),
      json: jsonOf(file, state.cluster, report, isDry, machines),
    };
  } finally {
    state.unlock();
  }
}

function summarize({ changes, failures }: Report, isDry: boolean, say: (line: string) => void): void {
  if (changes.length === 0) say("unchanged");
  else if (isDry) say(`${changes.length} changes would be made`);
  else say(`${changes.length} changes made`);
  for (const { about, message, hint } of failures) {
    say(`${about} failed: ${message}`);
    if (hint) say(`  Hint: ${hint}`);
  }
}

const table = (machines: readonly MachineView[]): string[][] => [
  ["MACHINE", "IP", "STATUS", "MEMBER", "EXCLUSIVE", "METADATA"],
  ...machines.map(({ id, address, status, member, isExclusiveCapable, metadata }) => [
    ...[formatId(id, false), address, status, member ?? "-", isExclusiveCapable ? "yes" : "no"],
    Object.entries(metadata)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(",") || "-",
  ]),
];

function clientHint({ machines, memberPort }: ClusterFile, directory: string): string {
  const [first] = machines.filter(({ isMember }) => isMember);
  return [
    "On a member, `flotillactl` just works. From here:",
    `  export FLOTILLACTL_ENDPOINT=https://${first?.address}:${memberPort + 1}`,
    `  export FLOTILLACTL_CA_FILE=${directory}/ca.crt FLOTILLACTL_CERT_FILE=${directory}/operator.crt FLOTILLACTL_KEY_FILE=${directory}/operator.key`,
  ].join("\n");
}

const jsonOf = (
  file: ClusterFile,
  cluster: string,
  { changes, warnings, failures }: Report,
  isDry: boolean,
  machines: readonly MachineView[] | undefined,
) => ({
  ...{ name: file.name, cluster, dryRun: isDry },
  ...{ changes, warnings, failures, machines: machines ?? null },
});
