import { z } from "zod";
import { FlotillaError } from "../error.ts";
import { checkScript } from "./check-script.ts";
import { runCommand } from "./exec.ts";
import { asRoot } from "./shell.ts";
import type { Connection } from "./ssh.ts";

export type MachineFacts = z.infer<typeof factsSchema>;

/** Who corrects the machine's clock, and how fast it may run meanwhile, in parts per million; undefined when that is not known. */
export interface TimeDaemon {
  readonly name: string;
  readonly slewPpmMax: number | undefined;
}

const number = z.coerce.number();
const factsSchema = z.object({
  machineId: z.string().regex(/^[0-9a-f]{32}$/),
  bootId: z.string(),
  /** The name of process 1. */
  init: z.string(),
  kernel: z.string(),
  systemdVersion: number.optional(),
  bash: z.string().optional(),
  flock: z.string().optional(),
  bridge: z.string().optional(),
  /** "20.20.2" */
  node: z.string().optional(),
  /** Where cgroup v2 is mounted with cgroup.kill (Linux 5.14 and later); without it no exclusive unit can be fenced. */
  cgroupKill: z.string().optional(),
  /** Whether these facts were gathered as root, which a user needs sudo for. */
  isRoot: z.boolean(),
  /** undefined when sshd did not tell. */
  sshd: z.object({
    maxSessions: number.optional(),
    allowStreamLocalForwarding: z.string().optional(),
    permitRootLogin: z.string().optional(),
  }),
  time: z.object({ name: z.string(), slewPpmMax: z.number().optional() }),
  /** By directory: "/run" and "/var/lib". */
  freeKib: z.record(z.string(), z.number()),
});

/** Looks at a machine without changing it. Rejects with "machine-check-failed" or the connection's end. */
export async function checkMachine(connection: Connection): Promise<MachineFacts> {
  const script = ["sh", "-c", checkScript];
  const asked = await runCommand(connection, asRoot(connection.user, script));
  // Without sudo the facts are poorer, but that sudo is missing is one of them.
  const { stdout, stderr } = asked.exitCode === 0 ? asked : await runCommand(connection, script);
  return parseFacts(stdout, stderr, connection.at);
}

/** Reads the lines of the check script. Throws "machine-check-failed". */
export function parseFacts(output: string, stderr: string, at: string): MachineFacts {
  const lines = output.split("\n").map((line) => /^(\S+) (.+)$/.exec(line) ?? []);
  const pairs = lines.map(([, key = "", value = ""]) => [key, value] as const);
  const facts = new Map(pairs);
  const free = pairs.filter(([key]) => key === "free-kib").map(([, value]) => value.split(" "));
  const parsed = factsSchema.safeParse({
    machineId: facts.get("machine-id"),
    bootId: facts.get("boot-id"),
    init: facts.get("init"),
    kernel: facts.get("kernel"),
    systemdVersion: facts.get("systemd"),
    bash: facts.get("bash"),
    flock: facts.get("flock"),
    bridge: facts.get("bridge"),
    node: facts.get("node")?.replace(/^v/, ""),
    cgroupKill: facts.get("cgroup-kill"),
    isRoot: facts.get("uid") === "0",
    sshd: {
      maxSessions: facts.get("sshd-maxsessions"),
      allowStreamLocalForwarding: facts.get("sshd-allowstreamlocalforwarding"),
      permitRootLogin: facts.get("sshd-permitrootlogin"),
    },
    time: timeDaemon(facts.get("time"), facts.get("chrony-maxslewrate")),
    freeKib: Object.fromEntries(free.map(([directory, kib]) => [directory, Number(kib)])),
  });
  if (parsed.success) return parsed.data;
  const message = `the machine cannot be checked: ${stderr || z.prettifyError(parsed.error)}`;
  throw new FlotillaError("machine-check-failed", message, { at });
}

/** chrony may let a clock run 8.3 % fast or slow unless it is told otherwise; the others keep to the kernel's 500 ppm. */
function timeDaemon(unit: string | undefined, chronySlew: string | undefined): TimeDaemon {
  if (unit === undefined) return { name: "none", slewPpmMax: undefined };
  if (unit.startsWith("chrony"))
    return { name: "chrony", slewPpmMax: chronySlew ? Number(chronySlew) : 83_333 };
  if (unit === "openntpd") return { name: unit, slewPpmMax: undefined };
  return { name: unit === "systemd-timesyncd" ? "timesyncd" : "ntpd", slewPpmMax: 500 };
}
