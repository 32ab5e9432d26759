import { FlotillaError } from "../error.ts";

/** In bytes, of a whole file: every unit travels through the replicated log and stays in it. */
const maxFileBytes = 256 * 1024;

/** One `Key=value` of a section, continuation lines joined as systemd joins them. */
export interface Assignment {
  readonly kind: "assignment";
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The value as written, with its continuation lines. */
  readonly raw: string;
  readonly line: number;
  readonly text: string;
}
/** A section's header, a comment, an empty line, or a line before the first section, which systemd ignores. */
export interface Other {
  readonly kind: "section" | "comment" | "blank" | "stray";
  readonly line: number;
  readonly text: string;
}
export type Entry = Assignment | Other;

/** A unit file in its own order, with everything that was in it. */
export interface UnitFile {
  /** Where it comes from, for messages. */
  readonly source: string;
  readonly entries: readonly Entry[];
}

/**
 * Parses a unit file as systemd does (systemd.syntax(7)), but refuses what systemd only warns about and fleet refused:
 * a line without `=`, a broken section header.
 * @throws FlotillaError `unit-file-invalid` or `unit-file-too-large`, with `at` as `source:line`
 */
export function parseUnitFile(text: string, source: string): UnitFile {
  if (Buffer.byteLength(text) > maxFileBytes)
    throw new FlotillaError("unit-file-too-large", `a unit file may have ${maxFileBytes} bytes`, {
      at: source,
    });
  const entries: Entry[] = [];
  let section: string | undefined;
  for (const logical of logicalLines(text)) {
    const { line, text, content } = logical;
    const refuse = (message: string, hint: string) =>
      new FlotillaError("unit-file-invalid", message, { at: `${source}:${line}`, hint });
    if (content.includes("\0")) throw refuse("a NUL byte", "a unit file is plain text");
    if (content === "") entries.push({ kind: "blank", line, text });
    else if (isComment(content)) entries.push({ kind: "comment", line, text });
    else if (content.startsWith("[")) {
      if (!/^\[[^\]]+\]$/.test(content))
        throw refuse(`broken section header ${content}`, "write it as [Section]");
      section = content.slice(1, -1);
      entries.push({ kind: "section", line, text });
    } else if (section === undefined) entries.push({ kind: "stray", line, text });
    else {
      const equals = content.indexOf("=");
      if (equals < 0) throw refuse(`no "=" in ${JSON.stringify(content)}`, "options are written Key=value");
      const key = strip(content.slice(0, equals));
      if (key === "") throw refuse("no option name before the =", "options are written Key=value");
      const value = strip(content.slice(equals + 1));
      const raw = strip(text.slice(text.indexOf("=") + 1).replace(/\r\n?/g, "\n"));
      entries.push({ kind: "assignment", section, key, value, raw, line, text });
    }
  }
  return { source, entries };
}

/** The text that was parsed, unchanged. */
export function serializeUnitFile(file: UnitFile): string {
  return file.entries.map((entry) => entry.text).join("");
}

interface LogicalLine {
  readonly line: number;
  readonly text: string;
  readonly content: string;
}

/** Physical lines, joined where one ends in an odd number of backslashes; comments in between belong to the join. */
function* logicalLines(text: string): Generator<LogicalLine> {
  let line = 0;
  let open: LogicalLine | undefined;
  for (const physical of text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? []) {
    line++;
    const content = physical.replace(/[\r\n]+$/, "").replace(line === 1 ? /^\uFEFF/ : "", "");
    const start: LogicalLine = open ?? { line, text: "", content: "" };
    const joined = { ...start, text: start.text + physical };
    if (isComment(strip(content))) {
      if (open) open = joined;
      else yield { ...joined, content: strip(content) };
      continue;
    }
    const isContinued = (/\\+$/.exec(content)?.[0].length ?? 0) % 2 === 1;
    const added = isContinued ? `${content.slice(0, -1)} ` : content;
    open = { ...joined, content: start.content + added };
    if (isContinued) continue;
    yield { ...open, content: strip(open.content) };
    open = undefined;
  }
  if (open) yield { ...open, content: strip(open.content) };
}

function isComment(content: string): boolean {
  return content.startsWith("#") || content.startsWith(";");
}

/** Only what systemd counts as white space. The look-behind keeps a long run of blanks from taking quadratic time. */
function strip(text: string): string {
  return text.replace(/^[ \t\r\n]+/, "").replace(/(?<![ \t\r\n])[ \t\r\n]+$/, "");
}
