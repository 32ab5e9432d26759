import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutants } from "../sim/cluster.ts";
import { replayCommand, simulate } from "../sim/raft.ts";

const seeds = 40;
// Every planted bug shows in a third of all seeds or more.
const mutantSeeds = 40;

test(`${seeds} seeds of loss, delay, partitions, crashes, frozen members and changes of members`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulate(seed);
    assert.equal(violations, [], `replay: ${replayCommand(seed)}`);
  }
});

for (const mutant of mutants)
  test(`the simulation catches ${mutant}`, async () => {
    for (let seed = 1; seed <= mutantSeeds; seed++)
      if ((await simulate(seed, mutant)).violations.length > 0) return;
    assert.unreachable(`not caught within ${mutantSeeds} seeds`);
  });

test("a seed gives the same run again", async () => {
  assert.equal((await simulate(5)).trace, (await simulate(5)).trace);
});

test.run();
