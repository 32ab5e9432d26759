import { z } from "zod";
import type { AppendFile, Disk } from "./disk.ts";
import { Entry, HardState, type Snapshot } from "./engine.ts";
import { corrupt, decodeRecords, encodeRecord, type StoredRecord } from "./record.ts";
import { entrySchema, snapshotSchema, toSnapshot } from "./snapshot.ts";

/** What one turn of the engine must make durable, in one record: all of it or nothing survives a crash. */
export interface Saved {
  readonly snapshot: Snapshot | undefined;
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
}

/** The member's only file of state: a snapshot, then everything since, in the order it happened. */
export interface LogFile {
  append(saved: Saved): void;
  sync(): Promise<void>;
  /** Bytes appended since the last `rewrite`, and the bytes that one left. */
  size(): { readonly base: number; readonly added: number };
  /** Starts the log anew with `saved`, durably; the old one is gone after it. */
  rewrite(saved: Saved): Promise<void>;
  close(): Promise<void>;
}

export const logName = "log";

const savedSchema = z.object({
  snapshot: snapshotSchema.optional(),
  entries: z.array(entrySchema),
  hardState: z.object({ term: z.int(), vote: z.string(), commit: z.int() }).optional(),
});

export function encodeSaved(saved: Saved): Buffer {
  return Buffer.from(JSON.stringify(saved));
}

/**
 * Opens the log of `disk`, repairs a torn tail (of `tornBytes`), and gives what it holds. Throws "log-corrupt" for any
 * other damage.
 */
export async function openLogFile(disk: Disk): Promise<{ log: LogFile; saved: Saved; tornBytes: number }> {
  const name = `${disk.path}/${logName}`;
  const content = (await disk.read(logName)) ?? Buffer.alloc(0);
  const records = decodeRecords(content, name);
  if (records.end < content.length || content.length === 0)
    await disk.replace(logName, content.subarray(0, records.end));
  const saved = replay(records.records, name);
  let { sum } = records;
  let base = 0;
  let added = records.end;
  let file: AppendFile = await disk.append(logName);
  const log: LogFile = {
    append: (next) => {
      const record = encodeRecord(encodeSaved(next), sum);
      file.write(record.bytes);
      sum = record.sum;
      added += record.bytes.length;
    },
    sync: () => file.sync(),
    size: () => ({ base, added }),
    rewrite: async (next) => {
      const record = encodeRecord(encodeSaved(next), 0);
      await disk.replace(logName, record.bytes);
      await file.close();
      file = await disk.append(logName);
      ({ sum } = record);
      base = record.bytes.length;
      added = 0;
    },
    close: () => file.close(),
  };
  return { log, saved, tornBytes: content.length - records.end };
}

/** Folds the records into one: a snapshot starts anew, entries replace those of the same and higher indexes. */
function replay(records: readonly StoredRecord[], name: string): Saved {
  let snapshot: Snapshot | undefined;
  let hardState: HardState | undefined;
  let entries: Entry[] = [];
  for (const { payload, offset } of records) {
    const saved = savedSchema.parse(JSON.parse(payload.toString()));
    if (saved.snapshot) {
      snapshot = toSnapshot(saved.snapshot);
      entries = [];
    }
    const first = saved.entries[0];
    if (first) {
      const at = first.index - (snapshot?.metadata.index ?? 0) - 1;
      if (at < 0 || at > entries.length) throw corrupt(name, offset, "the index of an entry");
      entries.length = at;
      // A loop: spreading a long log into push() overflows the stack.
      for (const each of saved.entries) entries.push(new Entry(each));
    }
    if (saved.hardState) hardState = new HardState(saved.hardState);
  }
  return { snapshot, entries, hardState: sane(hardState, snapshot) };
}

/** A snapshot may be newer than the state beside it: committed and term are never behind it. */
function sane(hardState: HardState | undefined, snapshot: Snapshot | undefined): HardState | undefined {
  if (!snapshot) return hardState;
  const { index, term } = snapshot.metadata;
  const { term: ownTerm, vote, commit } = hardState ?? new HardState();
  return new HardState({
    term: Math.max(term, ownTerm),
    vote: ownTerm < term ? "" : vote,
    commit: Math.max(index, commit),
  });
}
