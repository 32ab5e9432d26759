import type { Founding } from "./state-dir.ts";
import type { Survey } from "./survey.ts";

/** A listed member that answered. */
export interface SeenMember {
  readonly name: string;
  readonly survey: Pick<Survey, "identity" | "logBytes">;
}

/** How the cluster comes to have a quorum. */
export type Quorum =
  /** Nobody has ever been a member: this one is the first. */
  | { readonly kind: "found"; readonly on: string }
  /** These have data of the cluster; everyone else joins them. */
  | { readonly kind: "exists"; readonly members: readonly string[] }
  | { readonly kind: "refused"; readonly message: string; readonly hint: string };

/** Whose data directory belongs to another cluster. */
export const isForeign = ({ survey }: SeenMember, cluster: string): boolean =>
  survey.identity !== undefined && survey.identity.cluster !== cluster;

/**
 * Founds a cluster only when every listed member answered, none has a log, and none was ever founded from here
 * (lease.md, rule 18): a second quorum beside a living or half-dead one would run its units twice.
 */
export function planQuorum(
  cluster: string,
  founding: Founding,
  seen: readonly SeenMember[],
  absent: readonly string[],
): Quorum {
  const own = seen.filter((member) => !isForeign(member, cluster));
  const foreign = seen.filter((member) => isForeign(member, cluster)).map(({ name }) => name);
  const alive = own.filter(({ survey }) => survey.logBytes > 0).map(({ name }) => name);
  if (alive.length > 0) return { kind: "exists", members: alive };
  if (founding === "done")
    return {
      kind: "refused",
      message: `the cluster was founded, but none of the members that answer has its data (no answer: ${list(absent)})`,
      hint: "bring back a member that has it; if all of it is lost, move the state directory away to found a new cluster",
    };
  if (absent.length > 0)
    return {
      kind: "refused",
      message: `no cluster was founded: ${list(absent)} could not be looked at, and may be what is left of one`,
      hint: "bring every listed member up for the first run, or take it out of cluster.toml until later",
    };
  if (foreign.length > 0)
    return {
      kind: "refused",
      message: `no cluster was founded: ${list(foreign)} belongs to another one`,
      hint: "give its --state-dir; or if that cluster is dead, remove /var/lib/flotilla on its members",
    };
  const [first] = own;
  return first
    ? { kind: "found", on: first.name }
    : { kind: "refused", message: "no member answered", hint: "at least one has to" };
}

const list = (names: readonly string[]): string => names.join(", ") || "none";
