/** Who reaches whom between members and machines, in each direction, and what sits in buffers on the way. */
export interface Reach {
  isCut(from: string, to: string): boolean;
  cut(from: string, to: string): void;
  heal(): void;
  /** How long a message to `to` sits in a buffer before it is read, in milliseconds. */
  lateMs(to: string): number;
  /** From now on everything to `to` sits in a buffer for so long; 0 ends it. */
  stall(to: string, ms: number): void;
  /** The chance that any message is late, and by how much at most. */
  readonly faults: { lateness: number; lateMs: number };
}

export function createReach(random: () => number): Reach {
  const cuts = new Set<string>();
  const stalls = new Map<string, number>();
  const faults = { lateness: 0, lateMs: 1_500 };
  return {
    faults,
    isCut: (from, to) => cuts.has(`${from}>${to}`),
    cut: (from, to) => {
      cuts.add(`${from}>${to}`);
    },
    heal: () => {
      cuts.clear();
      stalls.clear();
    },
    stall: (to, ms) => {
      stalls.set(to, ms);
    },
    lateMs: (to) => stalls.get(to) ?? (random() < faults.lateness ? random() * faults.lateMs : 0),
  };
}
