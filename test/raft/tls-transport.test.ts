import { test } from "uvu";
import * as assert from "uvu/assert";
import { Message, MessageType } from "../../src/raft/engine.ts";
import { createAuthority } from "./certificates.ts";
import { addressOf, createLoopback, leaderOf, until } from "./loopback.ts";

const loopback = await createLoopback();
const { authority, seat, openSeat, transportOf } = loopback;
test.after(() => loopback.remove());

test("three members agree; one leader after another dies; a fourth joins and one is removed", async () => {
  const seats = await Promise.all(["m1", "m2", "m3"].map((name) => seat(name)));
  await loopback.found(seats);
  const opened = new Map<string, Awaited<ReturnType<typeof openSeat>>>();
  for (const at of seats) opened.set(at.id, await openSeat(at));
  const members = () => [...opened.values()].map(({ member }) => member);
  const written: string[] = [];
  const write = async (text: string) => {
    await (await leaderOf(members())).propose(text);
    written.push(text);
  };

  for (let n = 0; n < 20; n++) await write(`first ${n}`);
  for (let round = 0; round < 2; round++) {
    const leader = await leaderOf(members());
    opened.delete(leader.id);
    await leader.close();
    await write(`after ${round}`);
    opened.set(leader.id, await openSeat(seats.find((at) => at.id === leader.id)!));
  }
  const follower = members().find((member) => member.status().role === "follower")!;
  const refused = await follower.propose("x").catch((error) => error);
  assert.is(refused.code, "not-leader");

  const old = await leaderOf(members());
  await old.transferLeadership();
  assert.is.not((await leaderOf(members())).id, old.id);

  // A log that is compacted already: the joiner needs a snapshot, and is promoted by itself.
  for (let n = 0; n < 300; n++) await write(`${n} ${"x".repeat(100)}`);
  const fourth = await seat("m4");
  opened.set(fourth.id, await openSeat(fourth));
  await (await leaderOf(members())).addLearner(fourth.id, addressOf(fourth));
  await until("the promotion", () => opened.get(fourth.id)!.member.status().voters.includes(fourth.id));

  const leader = await leaderOf(members());
  const gone = seats.find(({ id }) => id !== leader.id)!;
  let isTold = false;
  await opened.get(gone.id)!.member.close();
  opened.delete(gone.id);
  await leader.remove(gone.id);
  await openSeat(gone, () => {
    isTold = true;
  });
  await until("word of its removal", () => isTold);

  await write("last");
  for (const [id, { items }] of opened)
    await until(`${id} to catch up`, () => items.length === written.length && items.at(-1) === "last");
  for (const { items } of opened.values()) assert.equal(items, written);
  await Promise.all(members().map((member) => member.close()));
});

test("who has a certificate of another authority, or of another member, is not heard", async () => {
  const at = await seat("n1");
  const heard: string[] = [];
  const log: string[] = [];
  const transport = transportOf(at, (_, message) => log.push(message));
  await transport.open({
    receive: ({ from }) => heard.push(from) > 0,
    unreachable: () => {},
    snapshotSent: () => {},
    removed: () => {},
  });
  const foreign = await seat("n2", await (await createAuthority()).issue("n2"));
  const disguised = await seat("n3", await authority.issue("n4"));
  const honest = await seat("n5");
  const senders = [foreign, disguised, honest].map((sender) => transportOf(sender));
  for (const sender of senders) sender.setPeers(new Map([[at.id, addressOf(at)]]));
  await until("the honest one", () => {
    for (const [n, { id: from }] of [foreign, disguised, honest].entries())
      senders[n]!.send(new Message({ type: MessageType.MsgHeartbeat, from, to: at.id, term: 1 }));
    return heard.length > 3;
  });
  assert.equal([...new Set(heard)], [honest.id]);
  assert.ok(log.some((line) => line.includes("n3.")));
  await Promise.all([transport, ...senders].map((each) => each.close()));
});

test.run();
