import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSettling } from "../../src/leader/settling.ts";
import { testCluster } from "../cluster/state.ts";
import { testOffice } from "./office.ts";

test("a start that fails is tried again after growing delays, however often its unit is looked at", async () => {
  const { clock } = testOffice(testCluster("m1"));
  const tries: number[] = [];
  let isDue = true;
  const settling = createSettling(
    clock,
    async (unit) => {
      if (!isDue) return;
      isDue = false;
      tries.push(clock.now());
      settling.fail(unit, "dependency", () => {
        isDue = true;
      });
      settling.settle(unit); // as each state does that the failure brings
    },
    String,
  );
  settling.settle("x.service");
  await clock.advance(8_000);
  const gaps = tries.slice(1).map((at, i) => at - (tries[i] ?? 0));
  assert.equal(gaps, [500, 1000, 2000, 4000]);
});

test.run();
