import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parse } from "smol-toml";
import ssh2 from "ssh2";
import { z } from "zod";
import { describeError, FlotillaError } from "../error.ts";
import { parseHostKey } from "../machine/host-key.ts";

/** One machine as the operator describes it. */
export interface ListedMachine {
  /** How it is called in messages; a member's Raft id and certificate bear it. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly isMember: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** The host key that it must show; undefined: known_hosts or a person decides. */
  readonly hostKey: string | undefined;
  /** The operator's word on how far its clock may run from true time, in parts per million. */
  readonly clockPpm: number | undefined;
}

/** cluster.toml: what the operator wants. */
export interface ClusterFile {
  readonly name: string;
  /** Members speak Raft on this port, and serve the API on the next one. */
  readonly memberPort: number;
  /** Private key of the operator; undefined: the agent or the usual files. */
  readonly identityFile: string | undefined;
  readonly machines: readonly ListedMachine[];
  readonly lease: { readonly ttlMs?: number; readonly graceMs?: number };
}

/** More make every change slower and no failure less likely. */
const membersMax = 5;
const machinesMax = 200;

const port = z.int().min(1).max(65_535);
const user = z.string().regex(/^[a-z_][a-z0-9_.-]*\$?$/i, "is not a user name");
const memberName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, "must be up to 63 letters, digits, '.', '_' and '-'");
const hostKey = z
  .string()
  .refine(
    (line) => !(ssh2.utils.parseKey(line) instanceof Error),
    "must be a public key as in known_hosts: ssh-ed25519 AAAA...",
  );

const schema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$/, "must be letters, digits and '-'"),
  member_port: port.max(65_534).default(7400),
  ssh: z
    .strictObject({ user: user.default("root"), port: port.default(22), identity: z.string().optional() })
    .prefault({}),
  lease: z.strictObject({ ttl_ms: z.int().optional(), grace_ms: z.int().optional() }).default({}),
  machine: z
    .array(
      z.strictObject({
        address: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9.:_%-]*$|^[a-fA-F0-9:]+$/, "is not an address"),
        name: memberName.optional(),
        port: port.optional(),
        user: user.optional(),
        member: z.boolean().default(false),
        metadata: z.record(z.string().regex(/^[^=\s,]+$/), z.string()).default({}),
        host_key: hostKey.optional(),
        clock_ppm: z.int().min(0).max(200_000).optional(),
      }),
    )
    .min(1, "names no machine")
    .max(machinesMax),
});
type Written = z.infer<typeof schema>;

/** Reads cluster.toml. Throws "cluster-file-unreadable" or "cluster-file-invalid", which name the file and the key. */
export function readClusterFile(path: string): ClusterFile {
  let written: unknown;
  try {
    written = parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new FlotillaError("cluster-file-unreadable", describeError(cause).trim(), { at: path });
  }
  return parseClusterFile(written, path);
}

/** Checks what was written there. Throws "cluster-file-invalid". */
export function parseClusterFile(written: unknown, path: string): ClusterFile {
  const parsed = schema.safeParse(written);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${nameKey(issue.path)}: ${issue.message}`);
    throw invalid(faults, path);
  }
  const { name, ssh, lease, member_port: memberPort } = parsed.data;
  const machines = parsed.data.machine.map((machine) => list(machine, ssh));
  const faults = faultsAmong(machines);
  if (faults.length > 0) throw invalid(faults, path);
  return {
    ...{ name, memberPort, machines, identityFile: ssh.identity },
    lease: {
      ...(lease.ttl_ms === undefined ? {} : { ttlMs: lease.ttl_ms }),
      ...(lease.grace_ms === undefined ? {} : { graceMs: lease.grace_ms }),
    },
  };
}

function list(machine: Written["machine"][number], ssh: Written["ssh"]): ListedMachine {
  const { address, metadata } = machine;
  return {
    ...{ address, metadata },
    name: machine.name ?? address.replaceAll(/[^a-zA-Z0-9_.-]/g, "-"),
    port: machine.port ?? ssh.port,
    user: machine.user ?? ssh.user,
    isMember: machine.member,
    hostKey: machine.host_key && parseHostKey(machine.host_key).line,
    clockPpm: machine.clock_ppm,
  };
}

function faultsAmong(machines: readonly ListedMachine[]): string[] {
  const members = machines.filter(({ isMember }) => isMember);
  const count =
    members.length >= 1 && members.length <= membersMax
      ? []
      : [`machine: 1 to ${membersMax} must have "member = true", ${members.length} have`];
  // On the machine itself its own name often means 127.0.1.1, where nobody else could reach the member.
  const named = members
    .filter(({ address }) => isIP(address) === 0)
    .map(({ address }) => `machine.address: a member needs an IP address, "${address}" is a name`);
  const twice = (what: string, of: (machine: ListedMachine) => string): string[] => {
    const all = machines.map(of);
    const repeated = new Set(all.filter((value, i) => all.indexOf(value) !== i));
    return [...repeated].map((value) => `machine.${what}: ${value} is there twice`);
  };
  return [
    ...count,
    ...named,
    ...twice("name", ({ name }) => name),
    ...twice("address", ({ address, port }) => `${address} port ${port}`),
  ];
}

/** `machine[1].address`; the second of several is 1, as in TOML's own messages. */
const nameKey = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (name, part) => (typeof part === "number" ? `${name}[${part}]` : `${name}${name && "."}${String(part)}`),
    "",
  ) || "(top)";

const invalid = (faults: readonly string[], path: string): FlotillaError =>
  new FlotillaError("cluster-file-invalid", faults.join("; "), {
    at: path,
    hint: "flotillactl bootstrap --example prints one that explains every key",
  });
