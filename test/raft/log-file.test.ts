import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { openDisk } from "../../src/raft/disk.ts";
import { Entry, HardState } from "../../src/raft/engine.ts";
import { openLogFile } from "../../src/raft/log-file.ts";
import { firstSnapshot } from "../../src/raft/membership.ts";

const directory = mkdtempSync(join(tmpdir(), "flotilla-log-"));
const log = join(directory, "log");
const disk = openDisk(directory);
const entries = (...pairs: [index: number, term: number][]) =>
  pairs.map(([index, term]) => new Entry({ index, term, data: `e${index}` }));
const hardState = (term: number, commit: number) => new HardState({ term, vote: "m1", commit });

test.before.each(() => rmSync(log, { force: true }));
test.after(() => rmSync(directory, { recursive: true }));

async function reopened() {
  const { log: opened, saved, tornBytes } = await openLogFile(disk);
  await opened.close();
  const { snapshot, hardState: state } = saved;
  return {
    entries: saved.entries.map(({ index, term }) => `${index}/${term}`).join(" "),
    snapshot: snapshot?.metadata.index,
    state: state && `term ${state.term} vote ${state.vote} commit ${state.commit}`,
    tornBytes,
  };
}

test("a log that is not there is empty", async () => {
  assert.equal(await reopened(), { entries: "", snapshot: undefined, state: undefined, tornBytes: 0 });
});

test("entries replace those of the same and higher indexes", async () => {
  const { log: opened } = await openLogFile(disk);
  opened.append({
    snapshot: undefined,
    entries: entries([1, 1], [2, 1], [3, 1]),
    hardState: hardState(1, 1),
  });
  opened.append({ snapshot: undefined, entries: entries([2, 2]), hardState: hardState(2, 2) });
  await opened.sync();
  await opened.close();
  assert.equal(await reopened(), {
    entries: "1/1 2/2",
    snapshot: undefined,
    state: "term 2 vote m1 commit 2",
    tornBytes: 0,
  });
});

test("a snapshot starts anew, and raises a committed index and a term that are behind it", async () => {
  const { log: opened } = await openLogFile(disk);
  opened.append({ snapshot: undefined, entries: entries([1, 1], [2, 1]), hardState: hardState(1, 2) });
  const snapshot = firstSnapshot([{ id: "m1", address: "a:1" }], "state");
  Object.assign(snapshot.metadata, { index: 9, term: 3 });
  opened.append({ snapshot, entries: entries([10, 3]), hardState: undefined });
  await opened.close();
  assert.equal(await reopened(), {
    entries: "10/3",
    snapshot: 9,
    state: "term 3 vote  commit 9",
    tornBytes: 0,
  });
});

test("a rewritten log goes on behind what it was rewritten to", async () => {
  const { log: opened } = await openLogFile(disk);
  opened.append({ snapshot: undefined, entries: entries([1, 1], [2, 1]), hardState: hardState(1, 2) });
  const snapshot = firstSnapshot([{ id: "m1", address: "a:1" }], "state");
  await opened.rewrite({ snapshot, entries: entries([2, 1]), hardState: hardState(1, 2) });
  opened.append({ snapshot: undefined, entries: entries([3, 1]), hardState: undefined });
  await opened.close();
  assert.equal(await reopened(), {
    entries: "2/1 3/1",
    snapshot: 1,
    state: "term 1 vote m1 commit 2",
    tornBytes: 0,
  });
});

test("a torn tail is cut off, and what is written next is read again", async () => {
  const { log: opened } = await openLogFile(disk);
  opened.append({ snapshot: undefined, entries: entries([1, 1]), hardState: hardState(1, 1) });
  await opened.close();
  const whole = readFileSync(log);
  appendFileSync(log, whole.subarray(0, 20));
  appendFileSync(log, Buffer.alloc(5));
  // The header of a first record does not belong behind another one.
  await assertCorrupt(`${log}:${whole.length}`);
  writeFileSync(log, Buffer.concat([whole, Buffer.alloc(7)]));
  assert.is((await reopened()).tornBytes, 7);
  const again = await openLogFile(disk);
  again.log.append({ snapshot: undefined, entries: entries([2, 1]), hardState: undefined });
  await again.log.close();
  assert.is((await reopened()).entries, "1/1 2/1");
});

test("a gap between entries is refused", async () => {
  const { log: opened } = await openLogFile(disk);
  opened.append({ snapshot: undefined, entries: entries([1, 1]), hardState: undefined });
  opened.append({ snapshot: undefined, entries: entries([3, 1]), hardState: undefined });
  const { added } = opened.size();
  await opened.close();
  await assertCorrupt(`${log}:${added / 2}`);
});

async function assertCorrupt(at: string): Promise<void> {
  const error = await openLogFile(disk).then(
    () => undefined,
    (thrown) => thrown,
  );
  assert.instance(error, FlotillaError);
  assert.is(error.code, "log-corrupt");
  assert.is(error.at, at);
}

test.run();
