import type { Command } from "../../src/cluster/command.ts";
import type { Office } from "../../src/leader/office.ts";
import { silentLog } from "../../src/log.ts";
import { createView } from "../../src/schedule/view.ts";
import { parseUnit } from "../../src/unit/unit.ts";
import type { TestCluster } from "../cluster/state.ts";
import { createVirtualClock, type VirtualClock } from "../sim/clock.ts";

/** A leader's office over a cluster without Raft: what is proposed is applied at once. */
export interface TestOffice extends Office {
  readonly clock: VirtualClock;
  readonly proposed: Command[];
}

export function testOffice(cluster: TestCluster, more: Partial<Omit<Office, "clock">> = {}): TestOffice {
  const virtual = createVirtualClock();
  const clock: VirtualClock = {
    ...virtual,
    advance: async (untilMs) => {
      await new Promise(setImmediate); // What was just begun may have to wait for something first.
      await virtual.advance(untilMs);
    },
  };
  const view = createView(cluster.state, parseUnit);
  const proposed: Command[] = [];
  return {
    clock,
    proposed,
    view,
    random: () => 0.5,
    log: silentLog,
    propose: async (command) => {
      proposed.push(command);
      const before = [...cluster.state.units.keys(), ...cluster.state.placements.keys()];
      const answer = cluster.do(command);
      view.update(new Set([...before, ...cluster.state.units.keys(), ...cluster.state.placements.keys()]));
      return answer;
    },
    confirm: async () => {},
    connect: () => Promise.reject(new Error("not in this test")),
    clockErrors: () => ({ machinePpm: 1000, memberPpm: 1000 }),
    observed: () => {},
    ...more,
  };
}
