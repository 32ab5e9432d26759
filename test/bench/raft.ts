import { createLoopback, leaderOf, type Seat } from "../raft/loopback.ts";
import type { Bench } from "./bench.ts";
import { type Report, timed } from "./figure.ts";

type Loopback = Awaited<ReturnType<typeof createLoopback>>;
type Opened = Awaited<ReturnType<Loopback["openSeat"]>>;

const BURST = 256;
const payload = "x".repeat(256);

/** Members with real disks and mutual TLS on the loopback interface. */
export const raft: Bench = {
  runs: 5,
  needsMachines: false,
  measure: async ({ runs, report }) => {
    const loopback = await createLoopback();
    process.once("exit", loopback.remove);
    await measureOne(loopback, runs, report);
    await measureThree(loopback, runs, report);
    loopback.remove();
    process.off("exit", loopback.remove);
  },
};

async function times(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  for (let n = 0; n < count; n++) durations.push(await timed(run));
  return durations;
}

async function measureMember(name: string, opened: readonly Opened[], runs: number, report: Report) {
  const leader = await leaderOf(opened.map(({ member }) => member));
  const propose = () => leader.propose(payload);
  await times(200, propose);
  report(`${name}: propose, one after another`, "ms", await times(runs * 50, propose));
  report(`${name}: confirm leadership`, "ms", await times(runs * 50, () => leader.confirmLeadership()));
  const burst = () => Promise.all(Array.from({ length: BURST }, propose));
  const rates = (await times(runs * 2, burst)).map((ms) => (BURST * 1000) / ms);
  report(`${name}: propose, ${BURST} at once`, "1/s", rates);
}

async function measureOne(loopback: Loopback, runs: number, report: Report): Promise<void> {
  const single = await loopback.seat("s1");
  await loopback.found([single]);
  const alone = await loopback.openSeat(single);
  await measureMember("raft, one member", [alone], runs, report);
  await alone.member.close();
  const reopen = async () => {
    const { member } = await loopback.openSeat(single);
    await member.confirmLeadership();
    await member.close();
  };
  report("raft, one member: open until it leads", "ms", await times(runs, reopen));
}

async function measureThree(loopback: Loopback, runs: number, report: Report): Promise<void> {
  const name = "raft, three members";
  const seats = await Promise.all(["m1", "m2", "m3"].map((seat) => loopback.seat(seat)));
  await loopback.found(seats);
  const opened = new Map<Seat, Opened>();
  for (const at of seats) opened.set(at, await loopback.openSeat(at));
  await measureMember(name, [...opened.values()], runs, report);
  const members = () => [...opened.values()].map(({ member }) => member);
  const handOver = async () => (await leaderOf(members())).transferLeadership();
  report(`${name}: hand over`, "ms", await times(runs, handOver));

  const outages: number[] = [];
  for (let round = 0; round < runs; round++) {
    const leader = await leaderOf(members());
    const at = seats.find(({ id }) => id === leader.id);
    if (!at) break;
    opened.delete(at);
    const apply = async () => {
      await leader.close();
      await (await leaderOf(members())).propose("first");
    };
    outages.push(await timed(apply));
    opened.set(at, await loopback.openSeat(at));
  }
  report(`${name}: leader dies, next command is applied`, "ms", outages);
  await Promise.all(members().map((member) => member.close()));
}
