import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Assignment, Observation } from "../demo/observer.ts";
import type { Rig } from "../rig/rig.ts";

export type Visit = Extract<Observation, { kind: "visit" }>;
export type Sums = Extract<Observation, { kind: "sums" }>;

/** Starts the demonstration's observer, a process of its own: what is done to machines must not delay what it measures. */
export function observe(rig: Rig, onVisit: (visit: Visit) => void): { stop(): Promise<Sums> } {
  const state = `${rig.directory}/operator/rig.flotilla`;
  const read = (name: string) => readFileSync(`${state}/${name}`, "utf8");
  const tls = { ca: read("ca.crt"), cert: read("operator.crt"), key: read("operator.key") };
  const assignment: Assignment = {
    endpoints: rig.machines.map(({ address }) => ({ kind: "https", host: address, port: 7401, tls })),
    dataDirectory: `${rig.storage.directory}/data/app-redis-data`,
  };
  const child: ChildProcess = fork(new URL("../demo/observer.ts", import.meta.url));
  child.send(assignment);
  let onSums: (sums: Sums) => void = () => {};
  child.on("message", (message) => {
    const observation = message as Observation;
    if (observation.kind === "visit") onVisit(observation);
    else onSums(observation);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        onSums = (sums) => {
          child.disconnect();
          resolve(sums);
        };
        child.send("stop");
      }),
  };
}
