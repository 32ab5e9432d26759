import { boundedClockPpm, clockErrorPpm } from "../lease/bound.ts";
import type { MachineFacts } from "../machine/check.ts";
import type { ListedMachine } from "./cluster-file.ts";
import type { Survey } from "./survey.ts";

/** What is wrong with a machine, and what to do about it. */
export interface Complaint {
  readonly message: string;
  readonly hint?: string;
}

/** What a machine's check comes to. With a fault it takes no part. */
export interface Verdict {
  readonly faults: readonly Complaint[];
  readonly warnings: readonly Complaint[];
}

/** Ubuntu 22.04 has it; nobody tried Flotilla on an older one, and RHEL 8's 239 lacks what the guards need. */
const systemdMin = 249;
const nodeMin = [20, 10] as const;
/** A session, D-Bus and SFTP, and one to spare; sshd's default is 10. */
const sshSessionsMin = 4;
const freeKib = { "/run": 16 * 1024, "/var/lib": 256 * 1024 } as const;

/** Judges what the check of one machine found. */
export function judgeMachine(machine: ListedMachine, facts: MachineFacts): Verdict {
  const faults: Complaint[] = [];
  if (facts.init !== "systemd" || facts.systemdVersion === undefined)
    faults.push({ message: `its process 1 is ${facts.init}, not systemd` });
  else if (facts.systemdVersion < systemdMin)
    faults.push({
      message: `systemd ${facts.systemdVersion} is too old, ${systemdMin} is needed`,
      hint: "that is what Debian 12, Ubuntu 22.04 and RHEL 9 bring",
    });
  if (!facts.isRoot)
    faults.push({
      message: `user ${machine.user} cannot become root with sudo -n`,
      hint: `allow it in sudoers: \`${machine.user} ALL=(ALL) NOPASSWD: ALL\``,
    });
  if (machine.isMember) faults.push(...judgeNode(facts.node));
  const isForwarding = ["yes", "all", "local", undefined].includes(facts.sshd.allowStreamLocalForwarding);
  if (!isForwarding && facts.bridge === undefined)
    faults.push({
      message: "sshd forbids AllowStreamLocalForwarding, and there is no systemd-stdio-bridge instead",
      hint: "set `AllowStreamLocalForwarding yes` in sshd_config",
    });
  return { faults, warnings: warningsOf(machine, facts) };
}

function judgeNode(node: string | undefined): Complaint[] {
  const hint =
    "install Node 20 or later for all users: https://nodejs.org/en/download (Debian 13: apt install nodejs)";
  if (node === undefined) return [{ message: "a member needs Node, and there is none in its PATH", hint }];
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const isEnough = major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1]);
  return isEnough ? [] : [{ message: `Node ${node} is too old, ${nodeMin.join(".")} is needed`, hint }];
}

function warningsOf(machine: ListedMachine, facts: MachineFacts): Complaint[] {
  const warnings: Complaint[] = [];
  const lacking = [
    ...(facts.bash ? [] : ["bash"]),
    ...(facts.flock ? [] : ["flock"]),
    ...(facts.cgroupKill ? [] : ["cgroup.kill (cgroup v2, Linux 5.14)"]),
  ];
  if (lacking.length > 0)
    warnings.push({ message: `it takes no exclusive units, for it has no ${lacking.join(", no ")}` });
  if ((facts.sshd.maxSessions ?? sshSessionsMin) < sshSessionsMin)
    warnings.push({
      message: `sshd allows ${facts.sshd.maxSessions} sessions a connection`,
      hint: "set `MaxSessions 10` in sshd_config",
    });
  for (const [directory, least] of Object.entries(freeKib)) {
    const free = facts.freeKib[directory];
    if (free !== undefined && free < least && (directory === "/run" || machine.isMember))
      warnings.push({ message: `only ${Math.floor(free / 1024)} MiB are free in ${directory}` });
  }
  if (!isClockBounded(machine, facts))
    warnings.push({
      message: "nothing bounds the rate of its clock, so takeovers from it wait longer",
      hint: "run systemd-timesyncd, ntpd, or chrony with `maxslewrate 500`, or give your word with clock_ppm",
    });
  return warnings;
}

/** Whether its clock keeps to the small error: by the operator's word, or by who corrects it. */
export const isClockBounded = ({ clockPpm }: ListedMachine, { time }: MachineFacts): boolean =>
  (clockPpm ?? time.slewPpmMax ?? Number.POSITIVE_INFINITY) <= boundedClockPpm;

/** What every member has to allow for: the worst clock among them, in parts per million. */
export const membersClockPpm = (areBounded: readonly boolean[]): number =>
  clockErrorPpm(areBounded.every(Boolean));

/** Machines that have an id in common, as clones of one disk do: neither can be told from the other. */
export function judgeTwins(
  machines: readonly { readonly name: string; readonly machineId: string }[],
): Map<string, Complaint> {
  return new Map(
    machines.flatMap(({ name, machineId }) => {
      const twin = machines.find((other) => other.machineId === machineId && other.name !== name);
      if (!twin) return [];
      const hint =
        "on the clone: rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot";
      return [[name, { message: `it has the same machine-id as ${twin.name}: ${machineId}`, hint }]];
    }),
  );
}

const clockSpreadMaxS = 2;

/** Members whose clocks disagree: harmless to leases, but certificates and logs go by them. */
export function judgeClocks(
  members: readonly { readonly name: string; readonly survey: Pick<Survey, "clockOffsetS"> }[],
): Complaint | undefined {
  const sorted = [...members].sort((a, b) => a.survey.clockOffsetS - b.survey.clockOffsetS);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return undefined;
  const spreadS = last.survey.clockOffsetS - first.survey.clockOffsetS;
  if (spreadS <= clockSpreadMaxS) return undefined;
  return {
    message: `the clock of ${last.name} is ${Math.round(spreadS)} s ahead of that of ${first.name}`,
    hint: "let a time daemon set both",
  };
}
