import type { Clock } from "../clock.ts";
import type { Identity } from "../machine/target.ts";
import type { ClusterFile } from "./cluster-file.ts";
import type { Report } from "./report.ts";
import type { StateDirectory } from "./state-dir.ts";

/** What one run of bootstrap works with. */
export interface Run {
  readonly file: ClusterFile;
  readonly state: StateDirectory;
  /** The operator's, to be tried in this order. */
  readonly identities: readonly [Identity, ...Identity[]];
  readonly report: Report;
  readonly clock: Clock;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  readonly isDry: boolean;
  /** What is going on, for somebody who waits. */
  progress(text: string): void;
  /** Asks a person; false when there is none. */
  confirm(question: string): Promise<boolean>;
}
