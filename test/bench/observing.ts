import { fork } from "node:child_process";
import type { Observation } from "../demo/observer.ts";
import type { Rig } from "../rig/rig.ts";
import type { Assignment } from "./observer.ts";

export type Visit = Extract<Observation, { kind: "visit" }>;
export type Sums = Extract<Observation, { kind: "sums" }>;

/** Starts the observer, a process of its own: what is done to machines must not delay what it measures. */
export function observe(rig: Rig, onVisit: (visit: Visit) => void): { stop(): Promise<Sums> } {
  const child = fork(new URL("./observer.ts", import.meta.url));
  child.send({
    addresses: rig.machines.map(({ address }) => address),
    dataDirectory: `${rig.storage.directory}/data/app-redis-data`,
  } satisfies Assignment);
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
