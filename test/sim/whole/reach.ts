/** Who reaches whom between members and machines, in each direction. */
export interface Reach {
  isCut(from: string, to: string): boolean;
  cut(from: string, to: string): void;
  heal(): void;
  /** How much longer a message takes now, in milliseconds. */
  lateMs(): number;
  /** The chance that a message is late, and by how much at most. */
  readonly faults: { lateness: number; lateMs: number };
}

export function createReach(random: () => number): Reach {
  const cuts = new Set<string>();
  const faults = { lateness: 0, lateMs: 1_500 };
  return {
    faults,
    isCut: (from, to) => cuts.has(`${from}>${to}`),
    cut: (from, to) => {
      cuts.add(`${from}>${to}`);
    },
    heal: () => cuts.clear(),
    lateMs: () => (random() < faults.lateness ? random() * faults.lateMs : 0),
  };
}
