import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bridgeCommand } from "../../src/machine/bus-channel.ts";
import { journalCommand, statusCommand } from "../../src/machine/journal.ts";
import { asRoot, commandLine } from "../../src/machine/shell.ts";

test("commands are these, exactly", () => {
  assert.is(
    commandLine(asRoot("root", bridgeCommand)),
    "systemd-stdio-bridge --bus-path=unix:path=/run/systemd/private",
  );
  assert.is(
    commandLine(asRoot("ops", bridgeCommand)),
    "sudo -n systemd-stdio-bridge --bus-path=unix:path=/run/systemd/private",
  );
  const journal = { unit: "foo@1.service", lines: 10, output: "short", follow: true };
  assert.is(
    commandLine(journalCommand(journal)),
    "journalctl --quiet --no-pager --unit=foo@1.service --lines=10 --output=short --follow",
  );
  assert.is(
    commandLine(statusCommand("a\\x2db.service")),
    "systemctl status --full --no-pager --lines=10 -- 'a\\x2db.service'",
  );
  assert.is(commandLine(["echo", "", "it's", "$HOME"]), "echo '' 'it'\\''s' '$HOME'");
});

test("a shell gives back every argument as it was", () => {
  const argument = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 5 }), (argv) => {
      const line = commandLine(["printf", "%s\\0", ...argv, "end"]);
      const output = execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" });
      assert.is(output, [...argv, "end", ""].join("\0"));
    }),
    { numRuns: 60 },
  );
});

test.run();
