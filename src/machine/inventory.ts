import { FlotillaError } from "../error.ts";

/** What the machine says that it has from us, when a connection registers. It is listed, not trusted to be right. */
export interface Inventory {
  readonly machineId: string;
  readonly bootId: string;
  /** Units that were pushed. */
  readonly units: readonly string[];
  /** Exclusive units that may start there, each with the generation of its gate. */
  readonly gates: ReadonlyMap<string, number>;
  /** Units that were started, each with the generation in which it last was. */
  readonly started: ReadonlyMap<string, number>;
  /** Exclusive mounts. */
  readonly mounts: readonly { readonly unit: string; readonly path: string }[];
  /** How often its guards fenced since it booted. */
  readonly fences: number;
}

/** "hello UPTIME BOOT MACHINE", then the lists; or the error "session-malformed". */
export function parseInventory(
  lines: readonly string[],
): { readonly inventory: Inventory; readonly machineCs: number } | FlotillaError {
  const [hello = "", ...rest] = lines;
  const greeting = /^hello (\d{1,15}) ([0-9a-f-]{36}) ([0-9a-f]{32})$/.exec(hello);
  if (!greeting) return malformedLine(hello);
  const [, uptime, bootId = "", machineId = ""] = greeting;
  const units: string[] = [];
  const gates = new Map<string, number>();
  const started = new Map<string, number>();
  const mounts: { unit: string; path: string }[] = [];
  let fences = 0;
  for (const line of rest) {
    const [, verb, name = "", value] = /^(\w+) (\S+)(?: (.+))?$/.exec(line) ?? [];
    if (verb === "unit") units.push(name);
    else if (verb === "gate" && isNumber(value)) gates.set(name, Number(value));
    else if (verb === "started" && isNumber(value)) started.set(name, Number(value));
    else if (verb === "mount" && value) mounts.push({ unit: name, path: value });
    else if (verb === "fenced" && /^\d{1,9}$/.test(name)) fences = Number(name);
    else return malformedLine(line);
  }
  return {
    inventory: { machineId, bootId, units, gates, started, mounts, fences },
    machineCs: Number(uptime),
  };
}

const isNumber = (text: string | undefined): boolean => /^\d{1,15}$/.test(text ?? "");

const refusals: Readonly<Record<string, string>> = {
  usage: "the session was called wrongly",
  cluster: "the machine belongs to another cluster",
  epoch: "the machine has seen a newer leader or a newer connection",
  superseded: "a newer connection has registered at the machine",
  tools: "the machine lacks what the session needs",
  lock: "another registration holds the machine's lock",
  write: "the machine cannot write /run/flotilla",
};

/** "refused REASON DETAILS" as an error: "session-epoch", "session-cluster", "session-superseded" ... */
export function refusal(line: string, at: string): FlotillaError {
  const [, reason = "", details = ""] = /^refused ([a-z]+) ?(.*)$/.exec(line) ?? [];
  const meaning = refusals[reason];
  if (!meaning) return new FlotillaError("session-refused", `the machine refused us: ${line}`, { at });
  const message = details ? `${meaning} (${details})` : meaning;
  const hint =
    reason === "cluster"
      ? {
          hint: "flotillactl machine adopt MACHINE --from CLUSTER takes it over, and stops what that cluster left there",
        }
      : {};
  return new FlotillaError(`session-${reason}`, message, { at, ...hint });
}

export function malformedLine(line: string): FlotillaError {
  return new FlotillaError(
    "session-malformed",
    `the session said something unexpected: "${line.slice(0, 200)}"`,
  );
}
