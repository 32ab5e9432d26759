import { test } from "uvu";
import * as assert from "uvu/assert";
import { ConfState, Entry, Message, MessageType } from "../../src/raft/engine.ts";
import { decodeMessage, encodeMessage } from "../../src/raft/message.ts";
import { snapshotAt } from "../../src/raft/snapshot.ts";

const again = (message: Message) => decodeMessage(encodeMessage(message));

test("a message survives the wire", () => {
  const append = new Message({
    type: MessageType.MsgApp,
    from: "m1.0",
    to: "m2.0",
    term: 3,
    logTerm: 2,
    index: 7,
    commit: 6,
    entries: [new Entry({ index: 8, term: 3, data: "text" }), new Entry({ index: 9, term: 3 })],
  });
  assert.equal(again(append), append);
  const snapshot = new Message({ type: MessageType.MsgSnap, from: "m1.0", to: "m2.0", term: 3 });
  snapshot.snapshot = snapshotAt(9, 3, new ConfState({ voters: ["m1.0"], learners: ["m2.0"] }), {
    state: "s",
  });
  assert.equal(again(snapshot), snapshot);
});

test("what has its default value is not sent", () => {
  const beat = new Message({ type: MessageType.MsgHeartbeat, from: "m1.0", to: "m2.0", term: 3 });
  assert.is(encodeMessage(beat), '{"type":8,"to":"m2.0","from":"m1.0","term":3}');
});

test("something else is refused", () => {
  assert.throws(() => decodeMessage('{"type":99,"to":"a","from":"b"}'));
  assert.throws(() => decodeMessage("null"));
});

test.run();
