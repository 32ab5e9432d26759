import { FlotillaError } from "../error.ts";
import { parseBoolean } from "./boolean.ts";
import { parseUnitName } from "./name.ts";
import { assignmentsIn, type Item, lastOf, listOf, placeOf, type Reading, wordsOf } from "./reading.ts";

/** What `[X-Flotilla]` says: what fleet never had. */
export interface FlotillaOptions {
  /** Never runs twice; undefined: decided by whether it stands on a mount. */
  readonly exclusive: boolean | undefined;
  /** Units that must be active, on whatever machine, before this one is started. */
  readonly after: readonly string[];
}

const section = "X-Flotilla";
const known = ["Exclusive", "After"];

/**
 * Reads `[X-Flotilla]`. It is ours, so a mistake in it is an error and not a warning.
 * @throws FlotillaError `flotilla-option-unknown`, `flotilla-option-invalid`
 */
export function readFlotillaOptions(reading: Reading): FlotillaOptions {
  for (const { key, line } of assignmentsIn(reading, section))
    if (!known.includes(key))
      throw new FlotillaError("flotilla-option-unknown", `unknown option ${key}= in [${section}]`, {
        at: placeOf(reading, line),
        hint: `its options are ${known.map((name) => `${name}=`).join(" ")}`,
      });
  const exclusive = lastOf(reading, section, "Exclusive");
  const after = wordsOf(reading, listOf(reading, section, "After"), "keep");
  return {
    exclusive: exclusive && exclusiveIn(reading, exclusive),
    after: [...new Set(after.map((item) => unitNamed(reading, item)))],
  };
}

function exclusiveIn(reading: Reading, { text, line }: Item): boolean {
  const value = parseBoolean(text);
  if (value !== undefined) return value;
  throw new FlotillaError("flotilla-option-invalid", `Exclusive=${text} is neither yes nor no`, {
    at: placeOf(reading, line),
    hint: "write Exclusive=yes or Exclusive=no, or leave it out",
  });
}

function unitNamed(reading: Reading, { text, line }: Item): string {
  try {
    return parseUnitName(text).name;
  } catch (cause) {
    throw new FlotillaError("flotilla-option-invalid", "After= needs unit names", {
      at: placeOf(reading, line),
      hint: "for example After=app-redis.service",
      cause,
    });
  }
}
