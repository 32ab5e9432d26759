import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseBoolean } from "../../src/unit/boolean.ts";

test("systemd's booleans", () => {
  for (const text of ["1", "yes", "Y", "true", "t", "ON"]) assert.is(parseBoolean(text), true, text);
  for (const text of ["0", "no", "N", "false", "f", "off"]) assert.is(parseBoolean(text), false, text);
  for (const text of ["", "2", "yess", " yes", "enabled"]) assert.is(parseBoolean(text), undefined, text);
});

test.run();
