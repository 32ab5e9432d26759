import { existsSync, readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { z } from "zod";
import { describeError, FlotillaError } from "../error.ts";

const path = z.string().startsWith("/", "must be an absolute path");
const port = z.int().min(1).max(65_534);

/** /etc/flotilla/flotillad.toml. Everything may be left out: then flotillad is a cluster of one. */
const schema = z.strictObject({
  /** How this member is called: in its certificate, in logs. */
  name: z.string().default("flotilla"),
  /** Which cluster it belongs to, as bootstrap made it. A member without one founds a cluster of its own. */
  cluster: z.string().optional(),
  data_dir: path.default("/var/lib/flotilla"),
  /** Where flotillactl finds it. */
  socket: path.default("/run/flotillad/api.sock"),
  /** The private key with which machines are reached; made in the data directory if it is not given. */
  ssh_key: path.optional(),
  /** A file with the passphrase of an encrypted ssh_key. */
  ssh_passphrase: path.optional(),
  /** The socket of an ssh-agent that has the key, instead of ssh_key. */
  ssh_agent: path.optional(),
  /** How far the clock of any member may run from true time, in parts per million. */
  clock_ppm: z.int().min(0).max(200_000).default(100_000),
  /** Where the other members reach this one: Raft on `port`, the API on the port after it. */
  listen: z.strictObject({ host: z.string(), port: port.default(7400) }).optional(),
  tls: z.strictObject({ ca: path, cert: path, key: path }).optional(),
});

export type Config = Readonly<z.infer<typeof schema>>;

export const defaultConfigPath = "/etc/flotilla/flotillad.toml";

/** Reads the configuration; without `file`, the usual one if it exists. Throws "config-..." naming the file. */
export function readConfig(
  file: string | undefined,
  overrides: Record<string, string | undefined> = {},
): Config {
  const from = file ?? (existsSync(defaultConfigPath) ? defaultConfigPath : undefined);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const result = schema.safeParse({ ...(from === undefined ? {} : readToml(from)), ...given });
  if (!result.success)
    throw new FlotillaError("config-invalid", z.prettifyError(result.error), { at: from ?? "command line" });
  const { cluster, listen, tls } = result.data;
  if (listen && (!tls || cluster === undefined))
    throw new FlotillaError("config-invalid", "a member that listens needs `cluster` and `[tls]`", {
      at: from ?? "command line",
      hint: "flotillactl bootstrap makes both",
    });
  return result.data;
}

function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new FlotillaError("config-unreadable", describeError(cause), { at: file });
  }
}
