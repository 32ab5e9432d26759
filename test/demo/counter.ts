import { connect, type Socket } from "node:net";
import { sleep, systemClock } from "../../src/clock.ts";
import type { Find } from "./find-redis.ts";

/** One visit that redis has acknowledged. */
export interface Visit {
  readonly value: number;
  readonly host: string;
  readonly atMs: number;
}

export interface Counting {
  /** Acknowledged visits that a later answer did not contain. */
  lost(): number;
  /** Visits that were acknowledged in all. */
  visits(): number;
  /** The longest time without an acknowledgement between two hosts, in milliseconds; 0 if there was one host only. */
  outageMs(): number;
  last(): Visit | undefined;
  stop(): void;
}

const REPLY_MS_MAX = 300;
const PAUSE_MS = 20;

/** Counts visits in redis, one after another, wherever `find` says that it is. */
export function count(find: Find, onVisit: (visit: Visit) => void): Counting {
  let last: Visit | undefined;
  let isOver = false;
  let [lost, visits, outageMs] = [0, 0, 0];

  const acknowledge = (value: number, host: string): void => {
    const visit = { value, host, atMs: systemClock.now() };
    visits++;
    if (last && value <= last.value) lost += last.value - value + 1;
    if (last && last.host !== host) outageMs = Math.max(outageMs, visit.atMs - last.atMs);
    last = visit;
    onVisit(visit);
  };
  const countAt = async (host: string): Promise<void> => {
    const socket = await open(host);
    try {
      while (!isOver) {
        acknowledge(await increment(socket), host);
        await sleep(systemClock, PAUSE_MS);
      }
    } finally {
      socket.destroy();
    }
  };
  const run = async (): Promise<void> => {
    while (!isOver) {
      try {
        const host = await find();
        if (host !== undefined) await countAt(host);
      } catch {
        // Expected while redis is away: it is looked for again.
      }
      await sleep(systemClock, PAUSE_MS);
    }
  };
  void run();
  return {
    lost: () => lost,
    visits: () => visits,
    outageMs: () => outageMs,
    last: () => last,
    stop: () => {
      isOver = true;
    },
  };
}

function open(host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 6379, noDelay: true });
    socket.setTimeout(REPLY_MS_MAX, () => socket.destroy(new Error("redis is silent")));
    socket.on("connect", () => resolve(socket));
    socket.on("error", reject);
  });
}

function increment(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    // A socket that ended between two visits tells nobody any more.
    if (socket.destroyed) throw new Error("redis has closed the connection");
    const settle = (answer: Buffer | Error) => {
      socket.off("data", settle).off("error", settle).off("close", closed);
      const value = /^:(\d+)\r\n$/.exec(String(answer))?.[1];
      if (value !== undefined) resolve(Number(value));
      else reject(answer instanceof Error ? answer : new Error(String(answer)));
    };
    const closed = () => settle(new Error("redis has closed the connection"));
    socket.on("data", settle).on("error", settle).on("close", closed);
    socket.write("INCR visits\r\n");
  });
}
