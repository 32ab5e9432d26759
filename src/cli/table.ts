/** Columns are aligned to multiples of this, with at least one tab between cells. */
const tabWidth = 8;
const padding = 1;

/**
 * Lines with tab-padded columns, as fleetctl prints them: Go's text/tabwriter with minwidth 0, tabwidth 8, padding 1.
 * The last cell of a line is not padded.
 */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    roundUp(Math.max(...rows.map((row) => widthOf(row[column] ?? ""))) + padding),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const missing = column === row.length - 1 ? 0 : (widths[column] ?? 0) - widthOf(cell);
        return cell + "\t".repeat(Math.ceil(missing / tabWidth));
      })
      .join(""),
  );
}

const roundUp = (width: number) => Math.ceil(width / tabWidth) * tabWidth;
/** In code points, as Go counts. */
const widthOf = (text: string) => [...text].length;
