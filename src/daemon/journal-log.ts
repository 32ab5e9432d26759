import type { Fields, Log, Severity } from "../log.ts";

/** syslog's numbers (sd-daemon(3)). */
const priorities: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

interface Journald {
  log(priority: number, message: string, fields: Record<string, unknown>): void;
}

/**
 * Structured records to journald where the optional native package is installed, else lines on stderr with the `<N>`
 * prefix that journald reads. Debug records are written only if FLOTILLAD_DEBUG is set.
 */
export async function openLog(): Promise<Log> {
  const journald = process.env["JOURNAL_STREAM"] === undefined ? undefined : await loadJournald();
  const least = process.env["FLOTILLAD_DEBUG"] === undefined ? priorities.info : priorities.debug;
  return (severity, message, fields = {}) => {
    if (priorities[severity] > least) return;
    if (journald) journald.log(priorities[severity], message, upper(fields));
    else process.stderr.write(`<${priorities[severity]}>${message}${inWords(fields)}\n`);
  };
}

async function loadJournald(): Promise<Journald | undefined> {
  try {
    const name = "systemd-journald";
    const { default: loaded } = await import(name);
    const writers = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] as const;
    return { log: (priority, message, fields) => loaded[writers[priority] ?? "info"](message, fields) };
  } catch {
    return undefined; // It is optional: it has to be compiled, and many machines have no compiler.
  }
}

const upper = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [`FLOTILLA_${key.toUpperCase()}`, value]));

function inWords(fields: Fields): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? "" : ` [${pairs.map(([key, value]) => `${key}=${value}`).join(" ")}]`;
}
