/** An error that a person can act on: a stable code, the place, what to do, and what caused it. */
export class FlotillaError extends Error {
  override readonly name = "FlotillaError";
  /** Stable, kebab-case, meant for scripts: `unit-not-found`, `host-key-changed`. */
  readonly code: string;
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;
  /** Where it is: `file:line`, a machine, a unit. */
  readonly at: string | undefined;

  constructor(code: string, message: string, more: { hint?: string; at?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.at = more.at;
  }
}

/** The message of anything thrown, with the messages of its causes behind it. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error instanceof FlotillaError && error.at ? `${error.at}: ` : "";
  const cause = error.cause === undefined ? "" : `: ${describeError(error.cause)}`;
  return `${place}${error.message}${cause}`;
}
