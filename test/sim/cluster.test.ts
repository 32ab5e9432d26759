import { test } from "uvu";
import * as assert from "uvu/assert";
import { plant } from "./planting.ts";

/** Not the same as last time, so that CI sees new ones; the message says which. */
const from = Math.floor(Date.now() / 1000) % 1_000_000;
const spanMs = 8_000;
/** Planted bugs that show early, and how many seeds they may take. */
const quick = ["new-leader-waits-not", "no-cut", "stop-not-awaited", "no-fsync"];
const quickSeeds = 40;

test("a whole cluster survives new seeds for a while", async () => {
  const simulate = await plant(undefined);
  const end = Date.now() + spanMs;
  for (let seed = from; Date.now() < end; seed++)
    assert.equal((await simulate(seed)).violations, [], `replay: just sim --seed ${seed}`);
});

for (const mutant of quick)
  test(`the simulation catches ${mutant}`, async () => {
    const simulate = await plant(mutant);
    for (let seed = 1; seed <= quickSeeds; seed++)
      if ((await simulate(seed, mutant)).violations.length > 0) return;
    assert.unreachable(`not caught within ${quickSeeds} seeds`);
  });

test("a seed gives the same run again", async () => {
  const simulate = await plant(undefined);
  assert.equal((await simulate(3)).trace, (await simulate(3)).trace);
});

test.run();
