import type { LeaseParameters } from "../lease/bound.ts";
import type { Proof } from "../lease/proof.ts";
import type { Desired, Enrolment } from "./state.ts";

/** What a person asks for. */
export type Order =
  | { readonly kind: "found"; readonly cluster: string; readonly lease: LeaseParameters }
  | {
      readonly kind: "submit";
      readonly units: readonly { readonly name: string; readonly text: string; readonly hash: string }[];
      /** Applies to all of them; absent: as they are, `inactive` for new ones. */
      readonly desired?: Desired;
      readonly replace: boolean;
      /** Placed units, of these or tied to them, that get a new start. */
      readonly again: readonly string[];
      /** Those that are global no more: copies of them run on every machine. */
      readonly wereGlobal: readonly string[];
    }
  | {
      readonly kind: "set-desired";
      readonly names: readonly string[];
      readonly desired: Desired;
      /** Placed units, of these or tied to them, that get a new start. */
      readonly again: readonly string[];
    }
  | { readonly kind: "destroy"; readonly names: readonly string[]; readonly wereGlobal: readonly string[] }
  | { readonly kind: "enrol"; readonly machine: Enrolment }
  | { readonly kind: "adopt-machine"; readonly machine: string; readonly from: string }
  | { readonly kind: "remove-machine"; readonly machine: string }
  | { readonly kind: "set-lease"; readonly lease: LeaseParameters };

/** Units of one boot of one machine, each in the generation that is meant. */
export interface Held {
  readonly machine: string;
  readonly bootId: string;
  readonly units: readonly { readonly unit: string; readonly generation: number }[];
}

/** What the leader decides from what it sees. Never forwarded: it counts in the term that decided it, or not at all. */
export type Decision =
  | { readonly kind: "machine-up"; readonly machine: string; readonly bootId: string }
  | { readonly kind: "drain"; readonly machine: string; readonly bootId: string }
  | { readonly kind: "suspect"; readonly machine: string; readonly reason: string }
  | { readonly kind: "lose"; readonly held: Held; readonly proof: Proof }
  | {
      readonly kind: "place";
      readonly machine: string;
      readonly bootId: string;
      readonly units: readonly {
        readonly unit: string;
        readonly exclusive: boolean;
        readonly resources: readonly string[];
      }[];
      readonly reason: string;
    }
  | { readonly kind: "renew-generation"; readonly held: Held; readonly reason: string }
  | { readonly kind: "release"; readonly held: Held; readonly proof: Proof }
  | { readonly kind: "forget-machine"; readonly machine: string }
  | { readonly kind: "caught"; readonly machine: string; readonly bootId: string; readonly unit: string }
  | { readonly kind: "lease-acknowledged"; readonly machine: string; readonly lease: LeaseParameters };

export type Command = Order | Decision;

/** A command as it stands in the log. */
export interface Envelope {
  /** The term of the leader that checked it; the entry counts only in that term (lease.md, rule 16). */
  readonly epoch: number;
  /** Milliseconds since the epoch, for people. */
  readonly at: number;
  /** A client's idempotency key. */
  readonly key?: string;
  readonly command: Command;
}
