import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseClusterFile } from "../../src/bootstrap/cluster-file.ts";
import { memberFiles } from "../../src/bootstrap/member-files.ts";
import { parseSurvey } from "../../src/bootstrap/survey.ts";
import { readConfig } from "../../src/daemon/config.ts";
import { parseUnit } from "../../src/unit/unit.ts";

const file = parseClusterFile(
  { name: "harbour", member_port: 7500, machine: [{ address: "192.0.2.1", name: "m1", member: true }] },
  "cluster.toml",
);
const files = memberFiles(file.machines[0]!, file, {
  cluster: "C",
  credentials: { ca: "CA", cert: "CERT", key: "KEY" },
  clockPpm: 1_000,
  node: "/usr/local/bin/node",
});
const text = (name: string) => files.find(({ path }) => path.endsWith(name))?.text ?? "";

test("flotillad takes its configuration", () => {
  const directory = mkdtempSync(join(tmpdir(), "flotilla-"));
  const path = join(directory, "flotillad.toml");
  writeFileSync(path, text("flotillad.toml"));
  const config = readConfig(path);
  rmSync(directory, { recursive: true });
  assert.equal(config.listen, { host: "192.0.2.1", port: 7500 });
  assert.equal([config.name, config.cluster, config.clock_ppm], ["m1", "C", 1_000]);
  assert.is(config.socket, "/run/flotillad/api.sock");
});

test("the unit file is one", () => {
  const unit = parseUnit("flotillad.service", text("flotillad.service"));
  assert.equal(unit.warnings, []);
  assert.match(
    unit.text,
    /^ExecStart=\/usr\/local\/bin\/node \/opt\/flotilla\/current\/dist\/flotillad.js$/m,
  );
});

test("private keys are nobody else's", () => {
  assert.equal(
    files.filter(({ mode }) => mode === 0o600).map(({ path }) => path),
    ["/etc/flotilla/member.key"],
  );
});

const more = { stderr: "", at: "m1", nowS: 1_000, authorizedKeys: "" };

test("the survey of a blank machine, and of a member", () => {
  const blank = parseSurvey("now-s 1003\nactive inactive\nend\n", more);
  assert.equal(
    [blank.clockOffsetS, blank.identity, blank.logBytes, blank.isActive],
    [3, undefined, 0, false],
  );
  const member = parseSurvey(
    [
      'now-s 1000\nnode /usr/bin/node\nidentity {"format":1,"cluster":"C","id":"m1.2"}\nlog-bytes 77\nrelease 1.0-a',
      "ssh-key ssh-ed25519 KEY\nhash abc  /etc/flotilla/ca.crt\nactive active\nenabled enabled\nstale\nend\n",
    ].join("\n"),
    more,
  );
  assert.equal(member.identity, { cluster: "C", id: "m1.2" });
  assert.equal([member.logBytes, member.release, member.sshKey], [77, "1.0-a", "ssh-ed25519 KEY"]);
  assert.equal([...member.hashes], [["/etc/flotilla/ca.crt", "abc"]]);
  assert.equal([member.isActive, member.isEnabled, member.isStale], [true, true, true]);
});

test("a survey that was cut off is none", () => {
  assert.throws(
    () => parseSurvey("now-s 1003\n", { ...more, stderr: "killed" }),
    "the machine cannot be looked at: killed",
  );
});

test.run();
