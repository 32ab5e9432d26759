import type { Clock } from "../../src/clock.ts";

/** A seeded source of randomness (mulberry32): the same seed gives the same run. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when the simulator says so; events of one instant run in the order they were made. */
export interface VirtualClock extends Clock {
  /** Runs everything that is due until `untilMs`, with all promises settled between two events. */
  advance(untilMs: number): Promise<void>;
}

export function createVirtualClock(): VirtualClock {
  const heap: Event[] = [];
  let now = 0;
  let order = 0;
  return {
    now: () => now,
    wall: () => now,
    after: (delayMs, run) => {
      let isCancelled = false;
      push(heap, { at: now + Math.max(0, delayMs), order: order++, run: () => isCancelled || run() });
      return () => {
        isCancelled = true;
      };
    },
    advance: async (untilMs) => {
      for (let next = heap[0]; next && next.at <= untilMs; next = heap[0]) {
        pop(heap);
        now = next.at;
        next.run();
        await new Promise(setImmediate);
      }
      now = untilMs;
    },
  };
}

/** `world` as a clock shows it that runs `rate` times as fast, and `offsetMs` ahead at the beginning. */
export function rated(world: Clock, rate: number, offsetMs: number): Clock {
  return {
    now: () => offsetMs + world.now() * rate,
    wall: () => world.wall(),
    after: (delayMs, run) => world.after(delayMs / rate, run),
  };
}

/** The part of the world that one process sees: it can freeze, and when it dies nothing of it happens any more. */
export interface Life {
  readonly clock: Clock;
  /** Runs `event` now, after the freeze, or never. */
  happen(event: () => void): void;
  freeze(): void;
  thaw(): void;
  end(): void;
}

export function createLife(world: Clock): Life {
  let isDead = false;
  let isFrozen = false;
  let missed: (() => void)[] = [];
  const happen = (event: () => void) => {
    if (isDead) return;
    if (isFrozen) missed.push(event);
    else event();
  };
  return {
    clock: { ...world, after: (delayMs, run) => world.after(delayMs, () => happen(run)) },
    happen,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
      const events = missed;
      missed = [];
      for (const event of events) world.after(0, () => happen(event));
    },
    end: () => {
      isDead = true;
    },
  };
}

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let child = heap.push(event) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[child] = heap[parent]!;
    child = parent;
  }
  heap[child] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[parent] = heap[child]!;
    parent = child;
  }
  heap[parent] = last;
}
