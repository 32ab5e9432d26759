import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrapCluster, type Cluster, type CommandResult } from "./cluster.ts";
import { waitUntil } from "./process.ts";
import type { Machine } from "./rig.ts";
import { openTestRig } from "./test-rig.ts";

/** Three machines, each a member, and what a test asks them. */
export interface Scene extends Cluster {
  /** Writes a unit file as its author would; gives its path. */
  write(name: string, ...lines: string[]): string;
  /** Runs flotillactl, which must fail; gives its status and what it says. */
  refused(...args: string[]): Promise<Pick<CommandResult, "code" | "stderr">>;
  /** The machines on which systemd itself says that the unit is active, by name. */
  whereActive(unit: string): Promise<string[]>;
  /** Waits until every machine is ready and every member knows the leader. */
  untilWhole(): Promise<void>;
}

const SETTLE_MS_MAX = 30_000;

/** Opens a rig for the test file and bootstraps a cluster on it. */
export async function openScene(testFile: string): Promise<Scene> {
  const rig = await openTestRig(testFile, { machines: 3 });
  mkdirSync(`${rig.storage.directory}/data`);
  const cluster = await bootstrapCluster(rig);
  const directory = `${rig.directory}/units`;
  mkdirSync(directory);
  return {
    ...cluster,
    write: (name, ...lines) => {
      const path = join(directory, name);
      writeFileSync(path, `${lines.join("\n")}\n`);
      return path;
    },
    refused: async (...args) => {
      const { code, stdout, stderr } = await cluster.ctl(args);
      if (code === 0) throw new Error(`flotillactl ${args.join(" ")} succeeded:\n${stdout}${stderr}`);
      return { code, stderr };
    },
    whereActive: async (unit) => {
      const machines = rig.machines.filter((machine) => machine.isRunning());
      const states = await Promise.all(machines.map((machine) => stateOf(machine, unit)));
      return machines.filter((_, i) => states[i] === "active").map(({ name }) => name);
    },
    untilWhole: async () => {
      const isReady = async () => {
        const machines = await cluster
          .client()
          .machines()
          .then(
            ({ machines }) => machines,
            () => [],
          );
        return machines.length === rig.machines.length && machines.every(({ status }) => status === "ready");
      };
      const follows = async (machine: Machine) => {
        const { code, stdout } = await cluster.ctl(["version", "--json"], machine);
        return code === 0 && stdout.includes('"leader"');
      };
      await waitUntil(SETTLE_MS_MAX, "every machine is ready", isReady);
      for (const machine of rig.machines)
        await waitUntil(SETTLE_MS_MAX, `${machine.name} knows the leader`, () => follows(machine));
    },
  };
}

/** systemd's ActiveState, asked on the machine itself. */
export async function stateOf(machine: Machine, unit: string): Promise<string> {
  return (await machine.exec("systemctl", "show", unit, "--property=ActiveState", "--value")).trim();
}

/** One start of a unit on one machine: two that are equal are the same process. */
export async function startOf(machine: Machine, unit: string): Promise<string> {
  const properties = ["MainPID", "ExecMainStartTimestampMonotonic", "InvocationID", "NRestarts"];
  const shown = await machine.exec("systemctl", "show", unit, `--property=${properties.join(",")}`);
  return `${machine.name} ${shown.trim().split("\n").sort().join(" ")}`;
}
