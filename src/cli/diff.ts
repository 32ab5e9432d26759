/** Lines of context around a change, as in diff -u. */
const contextLines = 3;
/** Beyond this many pairs of lines to compare, everything is shown as changed: a warning need not be minimal. */
const maxPairs = 4_000_000;

interface Edit {
  readonly sign: " " | "-" | "+";
  readonly line: string;
}

/** The difference of two texts as `diff -u` prints it; empty when there is none. */
export function unifiedDiff(before: string, after: string, beforeName: string, afterName: string): string[] {
  const edits = diffLines(splitLines(before), splitLines(after));
  const hunks = hunksOf(edits);
  return hunks.length === 0 ? [] : [`--- ${beforeName}`, `+++ ${afterName}`, ...hunks.flat()];
}

const splitLines = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** By the longest common subsequence. */
function diffLines(before: readonly string[], after: readonly string[]): Edit[] {
  const width = after.length + 1;
  const isHuge = before.length * after.length > maxPairs;
  // common[i * width + j]: how many lines before[i..] and after[j..] have in common.
  const common = new Uint32Array(isHuge ? 0 : (before.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; !isHuge && i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));

  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      edits.push({ sign: " ", line: old });
      i++;
      j++;
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push({ sign: "-", line: old });
      i++;
    } else if (fresh !== undefined) {
      edits.push({ sign: "+", line: fresh });
      j++;
    }
  }
  return edits;
}

/** Changes with their context; those whose contexts touch are one hunk. */
function hunksOf(edits: readonly Edit[]): string[][] {
  const isNear = edits.map((_, index) =>
    edits.slice(Math.max(0, index - contextLines), index + contextLines + 1).some(({ sign }) => sign !== " "),
  );
  const hunks: string[][] = [];
  let lines = { old: 1, fresh: 1 };
  for (let start = 0; start < edits.length; ) {
    let end = start;
    while (end < edits.length && isNear[end] === isNear[start]) end++;
    const part = edits.slice(start, end);
    const counts = {
      old: part.filter(({ sign }) => sign !== "+").length,
      fresh: part.filter(({ sign }) => sign !== "-").length,
    };
    if (isNear[start])
      hunks.push([
        `@@ -${range(lines.old, counts.old)} +${range(lines.fresh, counts.fresh)} @@`,
        ...part.map(({ sign, line }) => sign + line),
      ]);
    lines = { old: lines.old + counts.old, fresh: lines.fresh + counts.fresh };
    start = end;
  }
  return hunks;
}

/** `3,7`; one line is `3`; none is counted after the line before it. */
function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}
