import type { Answer, ClusterState } from "./state.ts";

/** What an entry touched, so that the work that follows is proportional to it. */
export interface Changes {
  readonly units: Set<string>;
  readonly machines: Set<string>;
  isLease: boolean;
}

/** One entry being applied: what the parts of `apply` need besides the command. */
export interface Applying {
  readonly state: ClusterState;
  readonly changes: Changes;
  readonly at: number;
  tell(kind: string, message: string, about: { machine?: string; unit?: string }): void;
}

export const done = (value: unknown = null): Answer => ({ ok: true, value });
export const refused = (code: string, message: string): Answer => ({ ok: false, code, message });
