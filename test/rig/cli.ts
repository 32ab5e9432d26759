// `just rig ...`: real systemd machines on this host, by hand.
import { spawnSync } from "node:child_process";
import { installPackages } from "./install.ts";
import { findRig, type Machine, openRig, type Rig, removeRig } from "./rig.ts";

const USAGE = `usage: just rig COMMAND
  up [N]                machines m1..mN (3), each with sshd; boots those that are off
  boot M..              switch on            kill M..       cut the power
  poweroff M..          orderly              reboot M..     orderly
  partition M..         cut off from the others and the host, carrier stays; until heal M..
  unplug M..            pull the cable; until plug M..
  freeze M..            the whole machine stands still; until thaw M..
  exec M CMD..          run a program inside, without the network
  ssh M [CMD..]         log in as root
  status                machines, addresses, what is cut off
  install               from apt what the rig needs
  down                  remove everything, disks too
FLOTILLA_RIG=NAME in the environment names another rig than "rig".`;

const name = process.env.FLOTILLA_RIG ?? "rig";
const say = (line: string) => console.error(`rig: ${line}`);

function existing(): Rig {
  const rig = findRig(name);
  if (rig === undefined) throw new Error(`there is no rig ${name}: \`just rig up\` makes it`);
  return rig;
}

function named(rig: Rig, machine: string | undefined): Machine {
  const found = rig.machines.find(({ name }) => name === machine);
  if (found === undefined) {
    throw new Error(
      `machine ${machine ?? "(none)"}: there are ${rig.machines.map(({ name }) => name).join(" ")}`,
    );
  }
  return found;
}

async function up(count: number): Promise<void> {
  await installPackages(say);
  const start = performance.now();
  const found = findRig(name);
  if (found !== undefined && found.machines.length !== count) {
    throw new Error(`rig ${name} has ${found.machines.length} machines; take it down first`);
  }
  const rig = found ?? (await openRig({ name, machines: count, isKept: true, say }));
  await Promise.all(rig.machines.map((machine) => machine.boot()));
  say(`${count} machines answer after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  status(rig);
}

function status(rig: Rig): void {
  for (const machine of rig.machines) {
    const power = machine.isRunning() ? `on   boot ${machine.bootId() ?? "?"}` : "off";
    const network = machine.isPartitioned() ? "  partitioned" : "";
    console.log(`${machine.name}  ${machine.address}  ${power}${network}`);
  }
  console.log(
    `ssh key ${rig.keyFile}, known hosts ${rig.knownHostsFile}, shared directory ${rig.storage.directory}`,
  );
}

function ssh(rig: Rig, machine: Machine, command: readonly string[]): number {
  const options = ["-i", rig.keyFile, "-o", `UserKnownHostsFile=${rig.knownHostsFile}`];
  const client = spawnSync("ssh", [...options, `root@${machine.address}`, ...command], { stdio: "inherit" });
  return client.status ?? 255;
}

/** What one machine can be told. */
const actions: Record<string, (machine: Machine) => Promise<void> | void> = {
  boot: (machine) => machine.boot(),
  kill: (machine) => machine.kill(),
  poweroff: (machine) => machine.powerOff(),
  reboot: (machine) => machine.reboot(),
  partition: (machine) => machine.partition(),
  heal: (machine) => machine.heal(),
  unplug: (machine) => machine.unplug(),
  plug: (machine) => machine.plug(),
  freeze: (machine) => machine.freeze(),
  thaw: (machine) => machine.thaw(),
};

async function run(verb: string | undefined, rest: readonly string[]): Promise<number> {
  const action = actions[verb ?? ""];
  if (action !== undefined) {
    const rig = existing();
    if (rest.length === 0) throw new Error(`${verb}: name the machines`);
    await Promise.all(rest.map((machine) => named(rig, machine)).map(action));
    return 0;
  }
  const [machine, ...command] = rest;
  switch (verb) {
    case "up":
      await up(Number(machine ?? 3));
      return 0;
    case "exec":
      process.stdout.write(await named(existing(), machine).exec(...command));
      return 0;
    case "ssh": {
      const rig = existing();
      return ssh(rig, named(rig, machine), command);
    }
    case "status":
      status(existing());
      return 0;
    case "install":
      await installPackages(say);
      return 0;
    case "down":
      removeRig(name);
      return 0;
    default:
      console.error(USAGE);
      return verb === undefined || verb === "help" ? 0 : 2;
  }
}

const [verb, ...rest] = process.argv.slice(2);
try {
  process.exitCode = await run(verb, rest);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
