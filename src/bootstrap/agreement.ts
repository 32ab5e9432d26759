import type { LeaseAnswer, MachineView, MemberView } from "../api/contract.ts";
import { parseHostKey } from "../machine/host-key.ts";
import { nameOf } from "../raft/identity.ts";
import type { ClusterFile, ListedMachine } from "./cluster-file.ts";

/** What the cluster itself knows. */
export interface ClusterView {
  readonly members: readonly MemberView[];
  readonly machines: readonly MachineView[];
  readonly lease: LeaseAnswer;
}

/** A listed machine as the cluster should know it. */
export interface Enrollable {
  readonly machine: ListedMachine;
  readonly machineId: string;
  readonly hostKey: string;
  readonly isExclusiveCapable: boolean;
  readonly clockRatePpm: number;
}

/** A machine to enrol anew, and what differs. */
export interface EnrolStep {
  readonly on: string;
  readonly because: readonly string[];
}

/** Which machines the cluster does not know as they are. */
export function planEnrolment(wanted: readonly Enrollable[], known: readonly MachineView[]): EnrolStep[] {
  return wanted.flatMap((each) => {
    const view = known.find(({ id }) => id === each.machineId);
    const because = view ? differences(each, view) : ["it is new"];
    return because.length === 0 ? [] : [{ on: each.machine.name, because }];
  });
}

function differences(wanted: Enrollable, view: MachineView): string[] {
  const { machine, hostKey, isExclusiveCapable, clockRatePpm } = wanted;
  const differs = (what: string, is: string, wanted: string) =>
    is === wanted ? [] : [`${what} ${is || "(none)"} becomes ${wanted || "(none)"}`];
  return [
    ...differs("address", `${view.address}:${view.port}`, `${machine.address}:${machine.port}`),
    ...differs("user", view.user, machine.user),
    ...differs("host key", view.fingerprint, parseHostKey(hostKey).fingerprint),
    ...differs("metadata", formatMetadata(view.metadata), formatMetadata(machine.metadata)),
    ...differs("exclusive", String(view.isExclusiveCapable), String(isExclusiveCapable)),
    ...differs("clock error", `${view.clockRatePpm} ppm`, `${clockRatePpm} ppm`),
  ];
}

export const formatMetadata = (metadata: Readonly<Record<string, string>>): string =>
  Object.keys(metadata)
    .sort()
    .map((key) => `${key}=${metadata[key]}`)
    .join(",");

/** The lease parameters that cluster.toml asks for and the cluster does not have; undefined: none. */
export function planLease(file: ClusterFile, lease: LeaseAnswer): ClusterFile["lease"] | undefined {
  const { ttlMs = lease.ttlMs, graceMs = lease.graceMs } = file.lease;
  const changed = {
    ...(ttlMs === lease.ttlMs ? {} : { ttlMs }),
    ...(graceMs === lease.graceMs ? {} : { graceMs }),
  };
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** What the cluster has and cluster.toml does not list: never taken away here, only said. */
export function strayNotes(
  file: ClusterFile,
  { members, machines }: Pick<ClusterView, "members" | "machines">,
  seen: readonly { readonly id: string; readonly address: string }[],
): string[] {
  const names = file.machines.filter(({ isMember }) => isMember).map(({ name }) => name);
  const isListed = ({ id, address }: MachineView) =>
    seen.some((each) => each.id === id) ||
    // One that does not answer may be it; another one that answers there is not.
    (!seen.some((each) => each.address === address) &&
      file.machines.some((each) => each.address === address));
  return [
    ...members
      .filter(({ id }) => !names.includes(nameOf(id)))
      .map(({ id, address }) => `${id} at ${address} is a member that cluster.toml does not list`),
    ...machines
      .filter((machine) => !isListed(machine))
      .map(
        ({ id, address }) =>
          `machine ${id} at ${address} is enrolled and not listed: flotillactl machine remove ${id}`,
      ),
  ];
}
