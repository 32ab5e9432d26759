import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUnitArgument, parseUnitArguments } from "../../src/cli/unit-args.ts";

test("a name is the last part of the path, a service unless it says otherwise", () => {
  const plain = (name: string, path: string) => ({ name, path, template: undefined });
  assert.equal(parseUnitArgument("foo"), plain("foo.service", "foo.service"));
  assert.equal(parseUnitArgument("./dir/foo.service"), plain("foo.service", "./dir/foo.service"));
  assert.equal(parseUnitArgument("mnt-data.mount"), plain("mnt-data.mount", "mnt-data.mount"));
  assert.equal(parseUnitArgument("my.app"), plain("my.app.service", "my.app.service"));
  assert.equal(parseUnitArgument("redis.service.njk"), plain("redis.service", "redis.service"));
  assert.equal(parseUnitArgument("foo@.service"), plain("foo@.service", "foo@.service"));
});

test("an instance has its template beside it", () => {
  assert.equal(parseUnitArgument("dir/foo@1"), {
    name: "foo@1.service",
    path: "dir/foo@1.service",
    template: { name: "foo@.service", path: "dir/foo@.service" },
  });
});

test("each unit is taken once; none is an error", () => {
  assert.equal(
    parseUnitArguments(["a", "b", "a.service"]).map(({ name }) => name),
    ["a.service", "b.service"],
  );
  assert.throws(() => parseUnitArguments([]), /no units given/);
});

test.run();
