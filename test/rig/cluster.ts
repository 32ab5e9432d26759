import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "../../src/api/client.ts";
import type { UnitView } from "../../src/api/contract.ts";
import { systemClock } from "../../src/clock.ts";
import type { Machine, Rig } from "./rig.ts";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster on a rig: every machine is a member, as `flotillactl bootstrap` made it. */
export interface Cluster {
  readonly rig: Rig;
  /** Runs flotillactl on the host, as a person would; requests go to `via`, or to the first machine that is on. */
  ctl(args: readonly string[], via?: Machine): Promise<CommandResult>;
  /** The same that must succeed; gives its stdout. */
  expect(...args: string[]): Promise<string>;
  client(via?: Machine): Client;
  unit(name: string, via?: Machine): Promise<UnitView | undefined>;
  /** The machine whose member leads. */
  leader(via?: Machine): Promise<Machine>;
  /** The machine where a unit is placed. */
  home(unit: string, via?: Machine): Promise<Machine>;
}

export const flotillactl = fileURLToPath(new URL("../../bin/flotillactl", import.meta.url));
export const unitFile = (name: string): string =>
  fileURLToPath(new URL(`../../units/${name}`, import.meta.url));

const COMMAND_LIMIT_MS = 120_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
/** All machines of a rig share the host's clock: none can run away from another, whatever corrects it. */
const SHARED_CLOCK_PPM = 500;

/** Writes a cluster.toml for the rig, every machine a member, and bootstraps it with flotillactl. */
export async function bootstrapCluster(
  rig: Rig,
  onBootstrap: (command: string, result: CommandResult) => void = () => {},
): Promise<Cluster> {
  const directory = `${rig.directory}/operator`;
  mkdirSync(directory, { recursive: true });
  const file = `${directory}/cluster.toml`;
  writeFileSync(file, clusterFile(rig));
  const result = await run(["bootstrap", file, "--yes"], {});
  onBootstrap(`flotillactl bootstrap cluster.toml --yes`, result);
  if (result.code !== 0)
    throw new Error(`bootstrap failed (${result.code}):\n${result.stdout}${result.stderr}`);
  return openCluster(rig);
}

/** The cluster that was bootstrapped on this rig. */
export function openCluster(rig: Rig): Cluster {
  const state = `${rig.directory}/operator/rig.flotilla`;
  const files = { ca: `${state}/ca.crt`, cert: `${state}/operator.crt`, key: `${state}/operator.key` };
  const pick = (via: Machine | undefined): Machine => {
    const machine = via ?? rig.machines.find((each) => each.isRunning() && !each.isPartitioned());
    if (!machine) throw new Error("no machine is reachable");
    return machine;
  };
  const environment = (via: Machine | undefined) => ({
    FLOTILLACTL_ENDPOINT: `https://${pick(via).address}:7401`,
    FLOTILLACTL_CA_FILE: files.ca,
    FLOTILLACTL_CERT_FILE: files.cert,
    FLOTILLACTL_KEY_FILE: files.key,
  });
  const tls = () => ({ ca: readText(files.ca), cert: readText(files.cert), key: readText(files.key) });
  const client = (via?: Machine): Client =>
    createClient({
      endpoint: { kind: "https", host: pick(via).address, port: 7401, tls: tls() },
      clock: systemClock,
    });
  const byAddress = (address: string): Machine => {
    const machine = rig.machines.find((each) => each.address === address);
    if (!machine) throw new Error(`no machine at ${address}`);
    return machine;
  };
  const ctl: Cluster["ctl"] = (args, via) => run(args, environment(via));
  const unit: Cluster["unit"] = async (name, via) => (await client(via).units({ names: [name] })).units[0];
  return {
    rig,
    ctl,
    expect: async (...args) => {
      const { code, stdout, stderr } = await ctl(args);
      if (code !== 0)
        throw new Error(`flotillactl ${args.join(" ")} exited with ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    client,
    unit,
    leader: async (via) => {
      const { members } = await client(via).members();
      const leader = members.find(({ role }) => role === "leader");
      if (!leader) throw new Error("no member leads");
      return byAddress(leader.address.slice(0, leader.address.lastIndexOf(":")));
    },
    home: async (name, via) => {
      const found = await unit(name, via);
      if (!found?.machine) throw new Error(`${name} is placed nowhere`);
      return byAddress(found.machine.address);
    },
  };
}

function clusterFile(rig: Rig): string {
  const machines = rig.machines.map(
    ({ name, address, hostKey }) => `
[[machine]]
name = "${name}"
address = "${address}"
member = true
host_key = "${hostKey}"
clock_ppm = ${SHARED_CLOCK_PPM} # all of them share one clock, the host's
metadata = { host = "${name}" }
`,
  );
  return `name = "rig"\n\n[ssh]\nuser = "root"\nidentity = "${rig.keyFile}"\n${machines.join("")}`;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandResult> {
  const options = {
    env: { ...process.env, NO_COLOR: "1", ...environment },
    timeout: COMMAND_LIMIT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [flotillactl, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

const readText = (path: string): string => readFileSync(path, "utf8");
