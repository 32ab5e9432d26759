/** syslog's severities, as journald reads them from a `<N>` prefix (sd-daemon(3)). */
export type Severity = "error" | "warning" | "notice" | "info" | "debug";
/** Extra fields of a record: `{ machine, unit, reason }`. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
/** Where a component tells what it does. */
export type Log = (severity: Severity, message: string, fields?: Fields) => void;

/** For tests and for components that nobody listens to. */
export const silentLog: Log = () => {};
