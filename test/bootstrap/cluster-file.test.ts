import { parse } from "smol-toml";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseClusterFile, readClusterFile } from "../../src/bootstrap/cluster-file.ts";
import { exampleClusterFile } from "../../src/bootstrap/example.ts";
import { describeError } from "../../src/error.ts";

const read = (text: string) => parseClusterFile(parse(text), "cluster.toml");
const fault = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    return describeError(error);
  }
  throw new Error("it was accepted");
};
const one = '[[machine]]\naddress = "192.0.2.1"\nmember = true\n';

test("defaults", () => {
  assert.equal(read(`name = "harbour"\n${one}`), {
    name: "harbour",
    memberPort: 7400,
    identityFile: undefined,
    lease: {},
    machines: [
      {
        name: "192.0.2.1",
        address: "192.0.2.1",
        port: 22,
        user: "root",
        isMember: true,
        metadata: {},
        hostKey: undefined,
        clockPpm: undefined,
      },
    ],
  });
});

test("a machine's own user and port go before those of [ssh]", () => {
  const { machines } = read(
    `name = "h"\n[ssh]\nuser = "ops"\nport = 2022\n${one}[[machine]]\naddress = "db.example"\nuser = "root"\nport = 22\n`,
  );
  assert.equal(
    machines.map(({ user, port }) => `${user}:${port}`),
    ["ops:2022", "root:22"],
  );
});

test("the example is accepted", () => {
  const { machines } = read(exampleClusterFile);
  assert.equal(
    machines.map(({ name, isMember }) => `${name} ${isMember}`),
    ["m1 true", "m2 true", "m3 true", "worker.example.org false"],
  );
});

test("with every key of the example switched on it is accepted, but for the sample key", () => {
  const all = exampleClusterFile.replace(/^# (?=[a-z_]+ = |\[lease\])/gm, "");
  assert.is(
    fault(all),
    "cluster.toml: machine[3].host_key: must be a public key as in known_hosts: ssh-ed25519 AAAA...",
  );
  const { lease } = read(all.replace(/^host_key.*$/m, ""));
  assert.equal(lease, { ttlMs: 3000, graceMs: 500 });
});

test("errors name the file and the key", () => {
  const cases: readonly (readonly [string, string])[] = [
    [`name = "h"`, "machine: Invalid input: expected array, received undefined"],
    [`name = "h h"\n${one}`, "name: must be letters, digits and '-'"],
    [`name = "h"\nprot = 1\n${one}`, '(top): Unrecognized key: "prot"'],
    [`name = "h"\n${one}port = 0\n`, "machine[0].port: Too small: expected number to be >=1"],
    [
      `name = "h"\n${one}name = "a b"\n`,
      "machine[0].name: must be up to 63 letters, digits, '.', '_' and '-'",
    ],
    [`name = "h"\n${one}user = "a b"\n`, "machine[0].user: is not a user name"],
    [`name = "h"\n[[machine]]\naddress = "192.0.2.1"\n`, 'machine: 1 to 5 must have "member = true", 0 have'],
    [
      `name = "h"\n${one}${one}`,
      "machine.name: 192.0.2.1 is there twice; machine.address: 192.0.2.1 port 22 is there twice",
    ],
    [
      `name = "h"\n[[machine]]\naddress = "db.example"\nmember = true\n`,
      'machine.address: a member needs an IP address, "db.example" is a name',
    ],
  ];
  for (const [text, message] of cases) assert.is(fault(text), `cluster.toml: ${message}`);
});

test("six members are too many", () => {
  const six = Array.from({ length: 6 }, (_, i) => one.replace("192.0.2.1", `192.0.2.${i}`)).join("");
  assert.is(fault(`name = "h"\n${six}`), 'cluster.toml: machine: 1 to 5 must have "member = true", 6 have');
});

test("a file that is not there", () => {
  assert.throws(
    () => readClusterFile("/nonexistent/cluster.toml"),
    (error: Error) => /^\/nonexistent\/cluster.toml: ENOENT/.test(describeError(error)),
  );
});

test.run();
