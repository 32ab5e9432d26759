import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseUnit } from "../../src/unit/unit.ts";

test("declared and implied paths", () => {
  for (const [name, text, paths] of [
    [
      "a.service",
      '[Unit]\nRequiresMountsFor=/mnt/data "/a b"\nRequiresMountsFor=\nRequiresMountsFor=/c/',
      ["/mnt/data", "/a b", "/c"],
    ],
    [
      "a@x.service",
      "[Service]\nWorkingDirectory=/srv/%i\nRootDirectory=/jail\nRootImage=/img",
      ["/srv/x", "/jail", "/img"],
    ],
    ["a.service", "[Service]\nWorkingDirectory=-/srv", []],
    ["a.service", "[Service]\nWorkingDirectory=~", []],
    [
      "a.service",
      "[Service]\nStateDirectory=a b/c:d\nCacheDirectory=e",
      ["/var/lib/a", "/var/lib/b/c", "/var/cache/e"],
    ],
    ["a.service", "[Service]\nPrivateTmp=yes", ["/tmp", "/var/tmp"]],
    ["mnt-data.mount", "[Mount]\nWhat=/srv/nas\nType=none\nOptions=bind", ["/mnt", "/srv/nas"]],
    ["mnt.mount", "[Mount]\nWhat=//server/share\nType=cifs", ["/"]],
    ["mnt-a.automount", "[Automount]\n", ["/mnt"]],
    ["a.path", "[Path]\nPathExists=/x/y\nPathExists=/z", ["/x/y", "/z"]],
    ["a.socket", "[Socket]\nListenStream=/run/a.sock\nListenStream=80", ["/run/a.sock"]],
    ["x.swap", "[Swap]\nWhat=/swap/file", ["/swap/file"]],
    ["a.timer", "[Timer]\nOnCalendar=daily", []],
  ] as const)
    assert.equal(parseUnit(name, text).mountsFor, paths, text);
});

test("what systemd ignores is a warning", () => {
  const { mountsFor, warnings } = parseUnit("a.service", "[Unit]\nRequiresMountsFor=data /a/../b");
  assert.equal(mountsFor, []);
  assert.equal(
    warnings.map(({ at }) => at),
    ["a.service:2", "a.service:2"],
  );
});

test.run();
