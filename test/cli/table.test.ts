import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatTable } from "../../src/cli/table.ts";

/** Where a terminal with tab stops every 8 columns shows each cell. */
function columnsOf(line: string): number[] {
  const starts: number[] = [];
  let column = 0;
  let isCell = false;
  for (const character of line) {
    if (character === "\t") {
      column = (Math.floor(column / 8) + 1) * 8;
      isCell = false;
    } else {
      if (!isCell) starts.push(column);
      isCell = true;
      column++;
    }
  }
  return starts;
}

test("cells of one column begin below each other, and the last one is not padded", () => {
  const cell = fc.stringMatching(/^[a-zé.]{1,30}$/);
  const rows = fc
    .integer({ min: 1, max: 5 })
    .chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
    );
  void fc.assert(
    fc.property(rows, (table) => {
      const lines = formatTable(table);
      const [first = ""] = lines;
      for (const line of lines) assert.equal(columnsOf(line), columnsOf(first));
      assert.equal(
        lines.map((line) => line.split(/\t+/)),
        table,
      );
    }),
  );
});

test("as fleetctl's", () => {
  assert.equal(
    formatTable([
      ["MACHINE", "IP", "METADATA"],
      ["f1ee1000...", "172.21.8.11", "host=m1"],
    ]),
    ["MACHINE\t\tIP\t\tMETADATA", "f1ee1000...\t172.21.8.11\thost=m1"],
  );
  assert.equal(formatTable([]), []);
});

test.run();
