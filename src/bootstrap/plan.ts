import { type AuthorizedKey, authorize, keyComment } from "./authorized-keys.ts";
import type { MemberFile } from "./member-files.ts";
import { hashOfText } from "./member-files.ts";
import type { Survey } from "./survey.ts";

/** What is wanted of one machine, and what was found there. */
export interface Planned {
  readonly name: string;
  readonly survey: Survey;
  /** Its files, for a member. */
  readonly files: readonly MemberFile[] | undefined;
}

/** One thing to do on a machine before the cluster is asked anything. */
export type Preparation =
  | { readonly kind: "make-ssh-key"; readonly on: string }
  | {
      readonly kind: "install";
      readonly on: string;
      readonly release: string;
      readonly instead: string | undefined;
    }
  | { readonly kind: "write"; readonly on: string; readonly paths: readonly string[] }
  | { readonly kind: "authorize"; readonly on: string; readonly members: readonly string[] }
  | { readonly kind: "enable"; readonly on: string };

/** What has to change on the machines, in the order in which it is done on each. */
export function planMachines(cluster: string, release: string, machines: readonly Planned[]): Preparation[] {
  const members = machines.filter(({ files }) => files !== undefined);
  return machines.flatMap(({ name: on, survey, files }): Preparation[] => {
    const steps: Preparation[] = [];
    const strangers = members
      .filter((member) => !isAuthorized(cluster, member, survey))
      .map((member) => member.name);
    if (files) {
      if (survey.sshKey === undefined) steps.push({ kind: "make-ssh-key", on });
      if (survey.release !== release) steps.push({ kind: "install", on, release, instead: survey.release });
      const paths = files
        .filter(({ path, text }) => survey.hashes.get(path) !== hashOfText(text))
        .map(({ path }) => path);
      if (paths.length > 0) steps.push({ kind: "write", on, paths });
      if (!survey.isEnabled) steps.push({ kind: "enable", on });
    }
    if (strangers.length > 0) steps.push({ kind: "authorize", on, members: strangers });
    return steps;
  });
}

function isAuthorized(cluster: string, member: Planned, { authorizedKeys }: Survey): boolean {
  const { sshKey } = member.survey;
  if (sshKey === undefined) return false;
  const key: AuthorizedKey = { key: sshKey, comment: keyComment(cluster, member.name) };
  return authorize(authorizedKeys, [key]) === authorizedKeys;
}

/** What in words, as the progress and a dry run show it. */
export function describePreparation(step: Preparation): string {
  switch (step.kind) {
    case "make-ssh-key":
      return "make its own SSH key";
    case "install":
      return `install Flotilla ${step.release}${step.instead === undefined ? "" : ` instead of ${step.instead}`}`;
    case "write":
      return `write ${step.paths.join(", ")}`;
    case "authorize":
      return `authorize the SSH key of ${step.members.join(", ")}`;
    case "enable":
      return "let flotillad start at boot";
    default:
      return step satisfies never;
  }
}
