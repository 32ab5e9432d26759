import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { parseUnit } from "../../src/unit/unit.ts";

test("the example units say what the story needs", () => {
  const units = new Map(
    readdirSync("units").map((name) => [name, parseUnit(name, readFileSync(`units/${name}`, "utf8"))]),
  );
  const redis = units.get("app-redis.service");
  assert.equal(redis?.requires, ["mnt-data.mount"]);
  assert.equal(redis?.mountsFor, ["/mnt/data"]);
  const mount = units.get("mnt-data.mount");
  assert.is(mount?.mount?.where, "/mnt/data");
  assert.is(mount?.fleet.isGlobal, true);
  assert.is(units.get("app-hellodb@.service")?.isTemplate, true);
  for (const { warnings } of units.values()) assert.equal(warnings, []);
});

test("a template keeps its specifiers in the description, an instance does not", () => {
  const text = "[Unit]\nDescription=old\nDescription=worker %i on %H\n";
  assert.is(parseUnit("w@.service", text).description, "worker %i on %H");
  assert.is(parseUnit("w@1.service", "[Unit]\nDescription=worker %i").description, "worker 1");
  assert.is(parseUnit("w@1.service", text).description, "worker %i on %H");
});

test("lines before the first section are a warning", () => {
  assert.equal(parseUnit("a.service", "Description=x\n[Unit]\n", "dir/a.service").warnings, [
    { at: "dir/a.service:1", message: "before the first section: systemd ignores it" },
  ]);
});

test("no unit file crashes it", () => {
  const key = fc.constantFrom(
    ..."Requires BindsTo RequiresMountsFor Where What Type Options WorkingDirectory StateDirectory Unit Service".split(
      " ",
    ),
    ..."Accept ListenStream MachineOf Conflicts Replaces Global MachineID MachineMetadata Exclusive After".split(
      " ",
    ),
  );
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('"', "'", "\\", "%", "i", "I", "/", " ", "a.service", "[", "*", "-") }),
  );
  const section = fc.constantFrom(
    "Unit",
    "Service",
    "Socket",
    "Mount",
    "Automount",
    "Path",
    "X-Fleet",
    "X-Flotilla",
  );
  const block = fc.tuple(section, key, value).map(([s, k, v]) => `[${s}]\n${k}=${v}\n`);
  const name = fc.constantFrom(
    "a.service",
    "a@\\b.service",
    "a@.socket",
    "mnt-a.mount",
    "m\\x.automount",
    "a.path",
    "x.swap",
  );
  fc.assert(
    fc.property(name, fc.array(block), (unitName, blocks) => {
      const text = blocks.join("");
      try {
        assert.is(parseUnit(unitName, text).text, text);
      } catch (error) {
        if (!(error instanceof FlotillaError)) throw error;
        assert.match(error.at ?? "", unitName.slice(0, 1));
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
