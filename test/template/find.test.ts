import { test } from "uvu";
import * as assert from "uvu/assert";
import { findTemplate, listTemplates } from "../../src/template/find.ts";

test("by name, by name with .njk, by path", async () => {
  for (const argument of ["redis.service", "redis.service.njk", "./templates/redis.service.njk"])
    assert.is((await findTemplate(argument)).name, "redis.service", argument);
});

test("what is not there", async () => {
  for (const argument of ["nix.service", "./redis.service.njk", "redis.service/", "templates", ""])
    try {
      await findTemplate(argument);
      assert.unreachable(argument);
    } catch (error) {
      assert.match(String(error), `no template ${argument}`);
    }
});

test("all of them", async () => {
  const names = (await listTemplates()).map(({ name }) => name);
  assert.equal(names, ["bind.mount", "instance@.service", "nfs.mount", "redis.service"]);
});

test.run();
