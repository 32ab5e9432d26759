import { stripVTControlCharacters } from "node:util";
import { describeError, FlotillaError } from "../error.ts";

export function print(line: string): void {
  showProgress(undefined);
  process.stdout.write(`${line}\n`);
}

/** For people, beside the output that scripts read. */
export function tell(line: string): void {
  showProgress(undefined);
  process.stderr.write(`${line}\n`);
}

/** `Error: what` and `Hint: what to do`, on stderr. */
export function tellError(error: unknown): void {
  tell(`${inRed("Error:")} ${describeError(error)}`);
  if (error instanceof FlotillaError && error.hint !== undefined) tell(`Hint: ${error.hint}`);
  if (process.env["FLOTILLACTL_DEBUG"] && error instanceof Error) tell(error.stack ?? "");
}

/** One line that the next one replaces, on a terminal only; undefined wipes it. */
export function showProgress(text: string | undefined): void {
  if (!process.stderr.isTTY) return;
  const width = Math.max(process.stderr.columns - 1, 20);
  const line = stripVTControlCharacters(text ?? "").slice(0, width);
  process.stderr.write(`\r\x1b[K${line}`);
}

/** Asks on the terminal; false without one, since nobody can answer. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const { createInterface } = await import("node:readline/promises");
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} (yes/no)? `, { signal })).trim());
  } finally {
    asking.close();
  }
}

function inRed(text: string): string {
  const isPlain = !process.stderr.isTTY || Boolean(process.env["NO_COLOR"]);
  return isPlain ? text : `\x1b[31m${text}\x1b[0m`;
}
