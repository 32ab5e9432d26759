import type { Clock } from "../clock.ts";
import type { MachineRecord } from "../cluster/state.ts";
import type { ClockErrors } from "../lease/bound.ts";
import type { Log } from "../log.ts";
import type { MachineLink } from "../machine/link.ts";
import type { View } from "../schedule/view.ts";
import type { Propose } from "./propose.ts";

/** What the parts of one leader share. */
export interface Office {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly view: View;
  readonly propose: Propose;
  /** Resolves when a quorum has confirmed this leader, in a round that began after the call. */
  confirm(): Promise<void>;
  connect(machine: MachineRecord, seq: number, signal: AbortSignal): Promise<MachineLink>;
  /** How far a machine's clock, and any member's, may be off. */
  clockErrors(machine: MachineRecord): ClockErrors;
  /** Something observed has changed: whoever waits for these units may look again. */
  observed(units: Iterable<string>): void;
}
