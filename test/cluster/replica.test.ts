import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../src/cluster/command.ts";
import { createReplica, type Replica } from "../../src/cluster/replica.ts";
import { createVirtualClock } from "../sim/clock.ts";
import { machine } from "./state.ts";

function member() {
  const clock = createVirtualClock();
  const replica = createReplica(clock);
  let index = 0;
  const apply = (command: Command) =>
    replica.apply({ index: ++index, term: 1, data: JSON.stringify({ epoch: 1, at: 0, command }) });
  return { clock, replica, apply };
}
const suspect: Command = { kind: "suspect", machine: "a", reason: "silence" };
const up: Command = { kind: "machine-up", machine: "a", bootId: "1" };
const enrol: Command = { kind: "enrol", machine: machine("a") };

test("a suspicion counts from when it arrived, and ends with its withdrawal", async () => {
  const { clock, replica, apply } = member();
  for (const command of [enrol, up]) apply(command);
  await clock.advance(1000);
  apply(suspect);
  await clock.advance(2000);
  apply(suspect);
  assert.is(replica.suspectedSinceMs("a"), 1000);
  apply(up);
  assert.is(replica.suspectedSinceMs("a"), undefined);
});

test("a snapshot may hide that the machine was up and renewed in between: its suspicion counts from now", async () => {
  const [leader, behind] = [member(), member()];
  for (const { apply } of [leader, behind]) for (const command of [enrol, up, suspect]) apply(command);
  for (const command of [up, suspect]) leader.apply(command);
  await behind.clock.advance(5000);
  const { replica }: { replica: Replica } = behind;
  replica.restore(leader.replica.snapshot());
  assert.is(replica.suspectedSinceMs("a"), 5000);
});

test.run();
