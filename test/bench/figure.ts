/** What was measured under one name, over `n` values. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Takes the values of one figure. */
export type Report = (name: string, unit: string, values: readonly number[]) => void;

export function figureOf(name: string, unit: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const median = (at((n - 1) >> 1) + at(n >> 1)) / 2;
  return { name, unit, n, min: rounded(at(0)), median: rounded(median), max: rounded(at(n - 1)) };
}

/** Four significant digits are more than any of these measurements is good for. */
const rounded = (value: number): number => Number(value.toPrecision(4));

/** One line a figure under a headline, numbers to the right. */
export function formatFigures(figures: readonly Figure[]): string {
  const header = ["name", "unit", "n", "min", "median", "max"] as const;
  const rows = [header, ...figures.map((figure) => header.map((column) => String(figure[column])))];
  const widths = header.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const format = (row: readonly string[]) =>
    row.map((cell, index) =>
      index < 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
    );
  return rows.map((row) => format(row).join("  ").trimEnd()).join("\n");
}

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
