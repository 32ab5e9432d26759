import { test } from "uvu";
import * as assert from "uvu/assert";
import { ConfState, Entry, ErrCompacted, ErrUnavailable } from "../../src/raft/engine.ts";
import { snapshotAt } from "../../src/raft/snapshot.ts";
import { createStorage } from "../../src/raft/storage.ts";

const entry = (index: number, term = 1, data = "x".repeat(36)) => new Entry({ index, term, data });
const snapshot = snapshotAt(4, 1, new ConfState({ voters: ["m1"] }), null);
const stored = (...indexes: number[]) =>
  createStorage(
    { snapshot, entries: indexes.map((index) => entry(index)), hardState: undefined },
    () => snapshot,
  );
const indexes = (entries: readonly Entry[]) => entries.map(({ index }) => index);

test("it begins behind its snapshot, whose term it knows", () => {
  const storage = stored(5, 6);
  assert.equal([storage.FirstIndex()[0], storage.LastIndex()[0]], [5, 6]);
  assert.equal(storage.Term(4), [1, null]);
  assert.instance(storage.Term(3)[1], ErrCompacted);
  assert.instance(storage.Term(7)[1], ErrUnavailable);
  assert.instance(storage.Entries(4, 6, 1000)[1], ErrCompacted);
});

test("it gives as many entries as fit, and at least one", () => {
  const storage = stored(5, 6, 7);
  assert.equal(indexes(storage.Entries(5, 8, 1)[0]), [5]);
  assert.equal(indexes(storage.Entries(5, 8, 200)[0]), [5, 6]);
  assert.equal(indexes(storage.Entries(6, 8, 1000)[0]), [6, 7]);
});

test("new entries replace those of the same and higher indexes", () => {
  const storage = stored(5, 6, 7);
  storage.append([entry(6, 2)]);
  assert.is(storage.LastIndex()[0], 6);
  assert.is(storage.termOf(6), 2);
});

test("it keeps the newest applied entries for slow followers, and all that are not applied", () => {
  const storage = stored(5, 6, 7, 8, 9);
  storage.compact(8, 200);
  assert.is(storage.FirstIndex()[0], 7);
  assert.equal(storage.Term(6), [1, null]);
  assert.equal(indexes(storage.entriesAfter(8)), [9]);
  storage.compact(8, 0);
  assert.is(storage.FirstIndex()[0], 9);
});

test("a snapshot that is installed leaves nothing else", () => {
  const storage = stored(5, 6);
  storage.install(snapshotAt(20, 3, new ConfState(), null));
  assert.equal([storage.FirstIndex()[0], storage.LastIndex()[0], storage.termOf(20)], [21, 20, 3]);
});

test.run();
