import {
  type ConfState,
  type Entry,
  ErrCompacted,
  ErrUnavailable,
  HardState,
  Snapshot,
  type Storage,
} from "./engine.ts";
import type { Saved } from "./log-file.ts";

/** What the engine reads back: the durable log as it is in memory. */
export interface MemberStorage extends Storage {
  /** Takes entries that are durable; they replace those of the same and higher indexes. */
  append(entries: readonly Entry[]): void;
  /** Starts the log anew behind a snapshot. */
  install(snapshot: Snapshot): void;
  /** Forgets entries up to `applied`, but for the newest of up to `keepBytes`: a slow follower needs them. */
  compact(applied: number, keepBytes: number): void;
  entriesAfter(index: number): readonly Entry[];
  termOf(index: number): number;
}

/** `current` makes a snapshot of the applied state at the moment it is asked. */
export function createStorage(saved: Saved, current: () => Snapshot): MemberStorage {
  const first = saved.snapshot?.metadata;
  // The entry before the first: gone, but its term is needed to match logs.
  let dummy = { index: first?.index ?? 0, term: first?.term ?? 0 };
  let entries = [...saved.entries];
  const last = () => dummy.index + entries.length;
  const at = (index: number) => (index === dummy.index ? dummy : entries[index - dummy.index - 1]);
  const confState: ConfState = (saved.snapshot ?? new Snapshot()).metadata.confState;
  return {
    InitialState: () => [saved.hardState ?? new HardState(), confState, null],
    FirstIndex: () => [dummy.index + 1, null],
    LastIndex: () => [last(), null],
    Term: (index) => {
      if (index < dummy.index) return [0, new ErrCompacted()];
      const entry = at(index);
      return entry ? [entry.term, null] : [0, new ErrUnavailable()];
    },
    Entries: (low, high, maxBytes) => {
      if (low <= dummy.index) return [[], new ErrCompacted()];
      if (high > last() + 1) return [[], new ErrUnavailable()];
      return [limited(entries, low - dummy.index - 1, high - dummy.index - 1, maxBytes), null];
    },
    // Never "temporarily unavailable": the engine tests for that with a comparison that is always false, and throws.
    Snapshot: () => [current(), null],
    append: (added) => {
      const from = added[0];
      if (!from) return;
      entries.length = from.index - dummy.index - 1;
      for (const entry of added) entries.push(entry);
    },
    install: ({ metadata }) => {
      dummy = { index: metadata.index, term: metadata.term };
      entries = [];
    },
    compact: (applied, keepBytes) => {
      let drop = applied - dummy.index;
      for (let kept = 0; drop > 0; drop--) {
        kept += sizeOf(entries[drop - 1]);
        if (kept > keepBytes) break;
      }
      const before = at(dummy.index + drop);
      if (drop <= 0 || !before) return;
      dummy = { index: before.index, term: before.term };
      entries = entries.slice(drop);
    },
    entriesAfter: (index) => entries.slice(index - dummy.index),
    termOf: (index) => at(index)?.term ?? 0,
  };
}

/** At least one entry, and more while they fit into `maxBytes`. */
function limited(entries: readonly Entry[], low: number, high: number, maxBytes: number): Entry[] {
  let bytes = sizeOf(entries[low]);
  let end = low + 1;
  for (; end < high; end++) {
    bytes += sizeOf(entries[end]);
    if (bytes > maxBytes) break;
  }
  return entries.slice(low, end);
}

const entryOverheadBytes = 64;

/** Roughly what an entry takes on the wire; a change of members is small. */
function sizeOf(entry: Entry | undefined): number {
  const data: unknown = entry?.data;
  return entryOverheadBytes + (typeof data === "string" ? data.length : 0);
}
