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
  /** More milliseconds for each message. */
  lateMs(): number;
}

const retransmitMs = 200;
const retransmitMsMax = 10_000;

export function createWire({ clock, random, isCut, lateMs }: Path): Wire {
  const queue: (() => void)[] = [];
  let isDestroyed = false;
  let isMoving = false;
  let waits = 0;

  const move = (): void => {
    if (isDestroyed) return;
    if (isCut()) {
      const delayMs = Math.min(retransmitMs * 2 ** waits++, retransmitMsMax);
      return void clock.after(delayMs, move);
    }
    waits = 0;
    const arrive = queue.shift();
    arrive?.();
    if (queue.length === 0) isMoving = false;
    else clock.after(random() * 0.2, move);
  };
  return {
    send: (arrive) => {
      queue.push(arrive);
      if (isMoving || isDestroyed) return;
      isMoving = true;
      clock.after(0.2 + random() * 3 + lateMs(), move);
    },
    destroy: () => {
      isDestroyed = true;
      queue.length = 0;
    },
  };
}
