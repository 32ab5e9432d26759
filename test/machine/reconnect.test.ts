import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { reconnectDelayMs } from "../../src/machine/reconnect.ts";

test("the delay doubles, up to three seconds", () => {
  assert.equal(
    [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => reconnectDelayMs(failures, 0.5)),
    [37.5, 75, 150, 300, 600, 1200, 2250, 2250, 2250],
  );
});

test("chance takes away half of it at most", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (failures, random) => {
        const full = 2 * reconnectDelayMs(failures, 0);
        const delayMs = reconnectDelayMs(failures, random);
        assert.ok(delayMs >= full / 2 && delayMs <= full && full <= 3000);
      },
    ),
  );
});

test.run();
