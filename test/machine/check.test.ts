import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseFacts } from "../../src/machine/check.ts";
import { checkScript } from "../../src/machine/check-script.ts";

const lines = `uid 0
machine-id 0123456789abcdef0123456789abcdef
boot-id 01234567-89ab-cdef-0123-456789abcdef
init systemd
kernel 6.1.0-18-amd64
systemd 252
bash /usr/bin/bash
flock /usr/bin/flock
bridge /usr/bin/systemd-stdio-bridge
node v20.11.0
cgroup-kill /sys/fs/cgroup
sshd-maxsessions 10
sshd-allowstreamlocalforwarding yes
time chrony
free-kib /run 400000
free-kib /var/lib 8000000
end
`;

test("facts are read line by line", () => {
  assert.equal(JSON.parse(JSON.stringify(parseFacts(lines, "", "m1"))), {
    machineId: "0123456789abcdef0123456789abcdef",
    bootId: "01234567-89ab-cdef-0123-456789abcdef",
    init: "systemd",
    kernel: "6.1.0-18-amd64",
    systemdVersion: 252,
    bash: "/usr/bin/bash",
    flock: "/usr/bin/flock",
    bridge: "/usr/bin/systemd-stdio-bridge",
    node: "20.11.0",
    cgroupKill: "/sys/fs/cgroup",
    isRoot: true,
    sshd: { maxSessions: 10, allowStreamLocalForwarding: "yes" },
    time: { name: "chrony", slewPpmMax: 83_333 },
    freeKib: { "/run": 400_000, "/var/lib": 8_000_000 },
  });
});

test("how fast the clock may be slewed depends on who does it", () => {
  const slewing = (change: (text: string) => string) => parseFacts(change(lines), "", "m1").time;
  assert.equal(
    slewing((text) => `${text}chrony-maxslewrate 500\n`),
    { name: "chrony", slewPpmMax: 500 },
  );
  assert.equal(
    slewing((text) => text.replace("time chrony", "time systemd-timesyncd")),
    { name: "timesyncd", slewPpmMax: 500 },
  );
  assert.equal(
    slewing((text) => text.replace("time chrony", "time ntpsec")),
    { name: "ntpd", slewPpmMax: 500 },
  );
  assert.equal(
    slewing((text) => text.replace("time chrony\n", "")),
    { name: "none", slewPpmMax: undefined },
  );
});

test("a machine that cannot be read is an error with its own words", () => {
  assert.throws(
    () => parseFacts("", "sh: not found", "m1"),
    (error: { code?: string; message: string }) => {
      return error.code === "machine-check-failed" && error.message.includes("sh: not found");
    },
  );
});

test("the script runs in plain sh to its last line", () => {
  const output = execFileSync("/bin/sh", ["-c", checkScript], { encoding: "utf8", timeout: 20_000 });
  assert.match(output, /^uid \d+\n/);
  assert.match(output, /\nend\n$/);
});

test.run();
