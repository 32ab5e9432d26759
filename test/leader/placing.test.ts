import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../src/cluster/command.ts";
import { createPlacing } from "../../src/leader/placing.ts";
import type { Propose } from "../../src/leader/propose.ts";
import { testCluster } from "../cluster/state.ts";
import { testOffice } from "./office.ts";

const service = "[Service]\nExecStart=/bin/x\n";

function situation(before: (command: Command, propose: Propose) => Promise<void>) {
  const cluster = testCluster("m1", "m2");
  cluster.submit({ "x.service": service }, "launched");
  const office = testOffice(cluster);
  const { propose } = office;
  const placing = createPlacing({
    ...office,
    propose: async (command) => {
      await before(command, propose);
      return propose(command);
    },
  });
  const home = () => cluster.state.placements.get("x.service")?.machine;
  return { office, placing, home };
}

test("a unit whose machine became suspect before its decision was applied is placed elsewhere", async () => {
  let isFirst = true;
  const { office, placing, home } = situation(async (_, propose) => {
    if (isFirst) await propose({ kind: "suspect", machine: "m1", reason: "silence" });
    isFirst = false;
  });
  placing.consider(["x.service"], false);
  await office.clock.advance(5000);
  assert.is(home(), "m2");
});

test("a proposal that fails is made again", async () => {
  let failures = 2;
  const { office, placing, home } = situation(async () => {
    if (failures-- > 0) throw new Error("too much is waiting");
  });
  placing.consider(["x.service"], false);
  await office.clock.advance(5000);
  assert.is(home(), "m1");
});

test.run();
