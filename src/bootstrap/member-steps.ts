import type { MemberView } from "../api/contract.ts";
import { nameOf } from "../raft/identity.ts";
import type { Quorum } from "./quorum.ts";
import type { Survey } from "./survey.ts";

/** A listed member that is prepared. */
export interface PreparedMember {
  readonly name: string;
  /** `host:port` of its Raft. */
  readonly address: string;
  readonly survey: Pick<Survey, "identity" | "logBytes" | "isActive">;
  /** Its files or its release changed. */
  readonly isChanged: boolean;
}

/** What it takes until somebody answers for the cluster. */
export type StartStep =
  | { readonly kind: "found"; readonly on: string }
  | { readonly kind: "start"; readonly on: string };

/** What the cluster is asked for afterwards, one step after another. */
export type MemberStep =
  | {
      readonly kind: "move";
      readonly on: string;
      readonly id: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: "restart"; readonly on: string }
  /** It comes with an empty log; `instead` are ids that it had before it lost one: nobody can cast their votes any more. */
  | { readonly kind: "join"; readonly on: string; readonly instead: readonly string[] }
  | { readonly kind: "expelled"; readonly on: string; readonly id: string };

/** Whether it can answer for the cluster; everyone else joins. */
export const hasData = ({ name, survey }: PreparedMember, quorum: Quorum): boolean =>
  survey.logBytes > 0 || (quorum.kind === "found" && quorum.on === name);

/** Founds, and starts those that have data of the cluster: never one that could make a quorum of its own. */
export function planStarts(quorum: Quorum, members: readonly PreparedMember[]): StartStep[] {
  return members.flatMap((member): StartStep[] => {
    const { name: on, survey } = member;
    if (quorum.kind === "found" && quorum.on === on)
      return [
        { kind: "found", on },
        { kind: "start", on },
      ];
    return hasData(member, quorum) && !survey.isActive ? [{ kind: "start", on }] : [];
  });
}

/** Restarts and joins: first those that are members, so that their quorum is sound before it grows. */
export function planMembers(
  quorum: Quorum,
  members: readonly PreparedMember[],
  known: readonly MemberView[],
): MemberStep[] {
  const present = members.filter((member) => hasData(member, quorum));
  const blank = members.filter((member) => !hasData(member, quorum));
  return [
    ...present.flatMap((member) => planPresent(member, known)),
    ...blank.map(({ name: on, survey }): MemberStep => {
      const former = known.filter(({ id }) => nameOf(id) === on && id !== survey.identity?.id);
      return { kind: "join", on, instead: former.map(({ id }) => id) };
    }),
  ];
}

function planPresent(member: PreparedMember, known: readonly MemberView[]): MemberStep[] {
  const { name: on, address: to, survey, isChanged } = member;
  const id = survey.identity?.id;
  const restart: MemberStep[] = isChanged && survey.isActive ? [{ kind: "restart", on }] : [];
  // One that was just founded is known by nobody but itself.
  if (id === undefined || survey.logBytes === 0) return restart;
  const from = known.find((view) => view.id === id)?.address;
  if (from === undefined) return [{ kind: "expelled", on, id }];
  return from === to ? restart : [{ kind: "move", on, id, from, to }, ...restart];
}

/** In words, as the progress and a dry run show it. */
export function describeMemberStep(step: StartStep | MemberStep): string {
  switch (step.kind) {
    case "found":
      return "found the cluster, with it as the first member";
    case "start":
      return "start flotillad";
    case "move":
      return `its address ${step.from} becomes ${step.to}`;
    case "restart":
      return "restart flotillad";
    case "join": {
      const instead =
        step.instead.length === 0 ? "" : ` instead of ${step.instead.join(", ")}, whose data is lost`;
      return `join as a new member${instead}`;
    }
    case "expelled":
      return `${step.id} was removed from the cluster`;
    default:
      return step satisfies never;
  }
}
