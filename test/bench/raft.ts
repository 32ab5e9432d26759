import { createLoopback, leaderOf, type Seat } from "../raft/loopback.ts";

const payload = "x".repeat(256);

/** One line of JSON a figure, as all benches print them. */
function print(name: string, unit: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => Number((sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(3));
  console.log(JSON.stringify({ name, unit, n: sorted.length, min: at(0), median: at(0.5), max: at(1) }));
}

async function times(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await run();
    durations.push(performance.now() - start);
  }
  return durations;
}

const loopback = await createLoopback();
type Opened = Awaited<ReturnType<typeof loopback.openSeat>>;

async function benchMember(name: string, opened: readonly Opened[]): Promise<void> {
  const leader = await leaderOf(opened.map(({ member }) => member));
  await times(200, () => leader.propose(payload));
  print(`${name}: propose, one after another`, "ms", await times(1000, () => leader.propose(payload)));
  print(`${name}: confirm leadership`, "ms", await times(1000, () => leader.confirmLeadership()));
  const burst = () => Promise.all(Array.from({ length: 256 }, () => leader.propose(payload)));
  const rates = (await times(20, burst)).map((ms) => 256_000 / ms);
  print(`${name}: propose, 256 at once`, "1/s", rates);
}

const single = await loopback.seat("s1");
await loopback.found([single]);
const alone = await loopback.openSeat(single);
await benchMember("one member", [alone]);
await alone.member.close();
print(
  "one member: open until it leads",
  "ms",
  await times(10, async () => {
    const { member } = await loopback.openSeat(single);
    await member.confirmLeadership();
    await member.close();
  }),
);

const seats = await Promise.all(["m1", "m2", "m3"].map((name) => loopback.seat(name)));
await loopback.found(seats);
const opened = new Map<Seat, Opened>();
for (const at of seats) opened.set(at, await loopback.openSeat(at));
await benchMember("three members", [...opened.values()]);
const members = () => [...opened.values()].map(({ member }) => member);
print(
  "three members: hand over",
  "ms",
  await times(10, async () => (await leaderOf(members())).transferLeadership()),
);

const outages: number[] = [];
for (let round = 0; round < 10; round++) {
  const leader = await leaderOf(members());
  const at = seats.find(({ id }) => id === leader.id);
  if (!at) break;
  opened.delete(at);
  const start = performance.now();
  await leader.close();
  await (await leaderOf(members())).propose("first");
  outages.push(performance.now() - start);
  opened.set(at, await loopback.openSeat(at));
}
print("three members: leader dies, next command is applied", "ms", outages);
await Promise.all(members().map((member) => member.close()));
loopback.remove();
