import { test } from "uvu";
import * as assert from "uvu/assert";
import { createKeeper } from "../../src/leader/keeper.ts";
import type { MachineLink } from "../../src/machine/link.ts";
import { testCluster } from "../cluster/state.ts";
import { fakeMachine } from "./link.ts";
import { testOffice } from "./office.ts";

test("a suspicion that comes while the machine is being made ready does not stay", async () => {
  const cluster = testCluster("m1");
  const links: MachineLink[] = [];
  const office = testOffice(cluster, {
    connect: async () => {
      const { link } = fakeMachine("m1");
      const { start } = link;
      if (links.length === 0)
        link.start = async (unit) => {
          await office.propose({ kind: "suspect", machine: "m1", reason: "no first contact" });
          return start(unit);
        };
      links.push(link);
      return link;
    },
  });
  const keeper = createKeeper("m1", office, { onReady: () => {}, onAway: () => {} });
  await office.clock.advance(2000);
  assert.is(links.length, 2);
  assert.is(cluster.state.machines.get("m1")?.status, "up");
  assert.is(keeper.phase(), "ready");
  keeper.end();
});

test.run();
