import { fork } from "node:child_process";
import type { Assignment, Observation } from "./observer.ts";

export type Visit = Extract<Observation, { kind: "visit" }>;
export type Sums = Extract<Observation, { kind: "sums" }>;

/** Starts an observer, and hands its visits on until it is stopped. */
export function observe(assignment: Assignment, onVisit: (visit: Visit) => void): { stop(): Promise<Sums> } {
  const child = fork(new URL("./observer.ts", import.meta.url));
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
