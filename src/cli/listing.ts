import type { Command } from "commander";
import type { Client } from "../api/client.ts";
import { usageError } from "./exit.ts";
import { openSession } from "./session.ts";
import { formatTable } from "./table.ts";
import { print, tell } from "./terminal.ts";

/** A table of the cluster that a verb prints. */
export interface Listing<Row> {
  /** What it can show of a row; `isFull` asks for whole ids and hashes. */
  readonly columns: Readonly<Record<string, (row: Row, isFull: boolean) => string>>;
  /** The columns shown by default. */
  readonly fields: string;
  rows(client: Client): Promise<Row[]>;
  /** Columns that make a row's place in the order. */
  readonly order: (row: Row) => string;
  /** A row for scripts: names that stay as they are. */
  toJson(row: Row): unknown;
  /** What a person should know beside the table. */
  notes?(rows: readonly Row[]): readonly string[];
}

interface ListingOptions {
  readonly fields: string;
  readonly full?: boolean;
  readonly legend: boolean;
  readonly json?: boolean;
}

const shortHashLength = 7;
export const formatHash = (hash: string, isFull: boolean) => (isFull ? hash : hash.slice(0, shortHashLength));

/** Makes `command` print the listing, with the options that all listings have. */
export function addListing<Row>(command: Command, listing: Listing<Row>): void {
  command
    .option("--fields <list>", `columns, of: ${Object.keys(listing.columns).join(",")}`, listing.fields)
    .option("-l, --full", "do not shorten ids and hashes")
    .option("--no-legend", "do not print the column headers")
    .option("--json", "print a JSON array of objects with stable names, whatever --fields says")
    .action(async (options: ListingOptions, self: Command) => {
      const chosen = chooseColumns(listing, options.fields);
      const rows = await listing.rows((await openSession(self)).client);
      rows.sort((a, b) => compare(listing.order(a), listing.order(b)));
      if (options.json) {
        print(JSON.stringify(rows.map(listing.toJson), null, 2));
        return;
      }
      const header = options.legend ? [chosen.map(({ name }) => name.toUpperCase())] : [];
      const cells = rows.map((row) => chosen.map(({ text }) => text(row, options.full ?? false) || "-"));
      for (const line of formatTable([...header, ...cells])) print(line);
      for (const note of listing.notes?.(rows) ?? []) tell(note);
    });
}

function chooseColumns<Row>({ columns }: Listing<Row>, fields: string) {
  return fields.split(",").map((name) => {
    const text = columns[name];
    if (text !== undefined) return { name, text };
    const valid = Object.keys(columns).join(",");
    throw usageError(`invalid key in output format: ${JSON.stringify(name)}`, `valid fields are ${valid}`);
  });
}

/** By code units: the same order whatever the locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
