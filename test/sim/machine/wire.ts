import type { Clock } from "../../../src/clock.ts";

/** One direction of a TCP connection: in order, nothing lost, as late as the network makes it. */
export interface Wire {
  send(arrive: () => void): void;
  /** What is in it is never delivered. */
  destroy(): void;
}

export interface Path {
  readonly clock: Clock;
  readonly random: () => number;
  isCut(): boolean;
  /** How long a message sits in a buffer near its end, in milliseconds: no cut reaches it there. */
  lateMs(): number;
}

const retransmitMs = 200;
const retransmitMsMax = 10_000;

export function createWire({ clock, random, isCut, lateMs }: Path): Wire {
  const queue: { readonly arrive: () => void; readonly dueAt: number; isBeyond: boolean }[] = [];
  let isDestroyed = false;
  let isMoving = false;
  let waits = 0;

  const move = (): void => {
    const [next] = queue;
    if (isDestroyed || !next) {
      isMoving = false;
      return;
    }
    if (!next.isBeyond && isCut()) {
      const delayMs = Math.min(retransmitMs * 2 ** waits++, retransmitMsMax);
      return void clock.after(delayMs, move);
    }
    waits = 0;
    next.isBeyond = true;
    if (next.dueAt > clock.now()) return void clock.after(next.dueAt - clock.now(), move);
    queue.shift();
    next.arrive();
    clock.after(random() * 0.2, move);
  };
  return {
    send: (arrive) => {
      if (isDestroyed) return;
      queue.push({ arrive, dueAt: clock.now() + lateMs(), isBeyond: false });
      if (isMoving) return;
      isMoving = true;
      clock.after(0.2 + random() * 3, move);
    },
    destroy: () => {
      isDestroyed = true;
      queue.length = 0;
    },
  };
}
