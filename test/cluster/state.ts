import { apply } from "../../src/cluster/apply.ts";
import type { Command } from "../../src/cluster/command.ts";
import { type Answer, type ClusterState, type Enrolment, emptyState } from "../../src/cluster/state.ts";
import { defaultLease } from "../../src/lease/bound.ts";
import { parseUnitFile } from "../../src/unit/file.ts";
import { unitHash } from "../../src/unit/hash.ts";

/** A cluster state that is fed with commands, as the log would feed it. */
export interface TestCluster {
  readonly state: ClusterState;
  do(command: Command, key?: string): Answer;
  /** Submits unit files by name; desired as given. */
  submit(units: Readonly<Record<string, string>>, desired?: "inactive" | "loaded" | "launched"): Answer;
  machineUp(name: string, bootId?: string): void;
}

export const machine = (name: string, more: Partial<Enrolment> = {}): Enrolment => ({
  id: name,
  address: `192.0.2.${name.charCodeAt(name.length - 1)}`,
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPtXt+qV3ilp7XfKzFlPdU3PUZTgJjNVyZ9GCsNLtBOv",
  metadata: {},
  isExclusiveCapable: true,
  clockRatePpm: 1000,
  ...more,
});

export function testCluster(...machines: readonly (string | Enrolment)[]): TestCluster {
  const state = { ...emptyState(defaultLease), cluster: "test" };
  let index = 0;
  const cluster: TestCluster = {
    state,
    do: (command, key) => {
      const envelope = { epoch: 2, at: 0, command, ...(key === undefined ? {} : { key }) };
      return apply(state, { index: ++index, term: 2 }, envelope).answer;
    },
    submit: (units, desired) => {
      const texts = Object.entries(units).map(([name, text]) => ({
        name,
        text,
        hash: unitHash(parseUnitFile(text, name)),
      }));
      return cluster.do({
        kind: "submit",
        units: texts,
        replace: true,
        again: Object.keys(units),
        wereGlobal: [],
        ...(desired ? { desired } : {}),
      });
    },
    machineUp: (name, bootId = `boot-of-${name}`) => {
      cluster.do({ kind: "machine-up", machine: name, bootId });
    },
  };
  for (const each of machines) {
    const enrolment = typeof each === "string" ? machine(each) : each;
    cluster.do({ kind: "enrol", machine: enrolment });
    cluster.machineUp(enrolment.id);
  }
  return cluster;
}
