import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUnitName } from "../../src/unit/name.ts";
import { expandFleetSpecifiers, expandSpecifiers } from "../../src/unit/specifier.ts";

const instance = parseUnitName("srv-a\\x2db@mnt-x\\x20y.service");

test("fleet knows four specifiers, and no %%", () => {
  assert.is(
    expandFleetSpecifiers("%n %N %p %i %H", instance),
    "srv-a\\x2db@mnt-x\\x20y.service srv-a\\x2db@mnt-x\\x20y srv-a\\x2db mnt-x\\x20y %H",
  );
  assert.is(expandFleetSpecifiers("%%n", parseUnitName("a.service")), "%a.service");
  assert.is(expandFleetSpecifiers("x%i%i", parseUnitName("a.service")), "x");
});

test("systemd's specifiers for this unit, and its directories", () => {
  assert.is(expandSpecifiers("%P %I %j %J %f", instance), "srv/a-b mnt/x y a\\x2db a-b /mnt/x y");
  assert.is(expandSpecifiers("%f", parseUnitName("mnt-data.mount")), "/mnt/data");
  assert.is(expandSpecifiers("%t/%p %S 100%% %", instance), "/run/srv-a\\x2db /var/lib 100% %");
  assert.is(expandSpecifiers("%z", instance), "%z");
});

test("what only a machine knows, or nobody, has no value", () => {
  assert.is(expandSpecifiers("/srv/%H", instance), undefined);
  assert.is(expandSpecifiers("%I", parseUnitName("a@b\\c.service")), undefined);
});

test.run();
