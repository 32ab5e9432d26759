import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FakeCluster, machines } from "./fake-cluster.ts";
import { buildClient, type Ran, runClient } from "./flotillactl.ts";

// Plays transcript.txt, command by command, against a cluster that begins empty: what the client prints, where, and how
// it exits. Most sections are those of the transcripts of fleetctl, with the same words in the good case.
// FLOTILLA_UPDATE=1 writes the file anew from what happened; read the difference before you keep it.

const transcript = fileURLToPath(new URL("transcript.txt", import.meta.url));

const files: Readonly<Record<string, string>> = {
  "mnt-data.mount":
    "[Unit]\nDescription=Shared data directory\n\n[Mount]\nWhat=/srv/shared\nWhere=/mnt/data\nType=none\nOptions=bind\n\n[X-Fleet]\nGlobal=true\n",
  "app-redis.service":
    "[Unit]\nDescription=Redis server\nRequires=mnt-data.mount\nAfter=mnt-data.mount\n\n[Service]\nExecStart=/usr/bin/redis-server --dir /mnt/data\nRestart=always\n",
  "v2/app-redis.service":
    "[Unit]\nDescription=Redis server v2\nRequires=mnt-data.mount\nAfter=mnt-data.mount\n\n[Service]\nExecStart=/usr/bin/redis-server --dir /mnt/data\nRestart=always\n",
  "app-hellodb@.service":
    "[Unit]\nDescription=Hello DB worker %i\n\n[Service]\nExecStart=/bin/sh -c 'while true; do sleep 5; done'\n\n[X-Fleet]\nConflicts=app-hellodb@*.service\n",
  "pin.service": "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nMachineMetadata=host=m3\n",
  "fail.service": "[Service]\nExecStart=/bin/false\n",
  "flap.service": "[Service]\nExecStart=/bin/false\nRestart=always\n",
  "once.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
  "slow.service": "[Service]\nExecStart=/bin/sleep infinity\n",
  "nomachine.service": "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nMachineMetadata=host=nowhere\n",
  "bad-section.service": "[Unit\nDescription=broken\n",
  "bad-noequals.service": "[Service]\nthis is not an option\n",
  "bad-option.service": "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nFrobnicate=yes\n",
  "bad-conflict-global.service":
    "[Service]\nExecStart=/bin/sleep infinity\n[X-Fleet]\nGlobal=true\nMachineID=f1ee2\n",
  "other/only@7.service": "[Service]\nExecStart=/bin/sleep 99\n",
  "big.service.njk":
    '{#---\nsummary = "sleeps"\n[parameters.seconds]\ntype = "integer"\nmeaning = "how long"\n---#}\n[Service]\nExecStart=/bin/sleep {{ seconds }}\n',
};

function behave(cluster: FakeCluster): void {
  const everywhere = (constraint: string, message: string) =>
    machines.map(({ id }) => ({ machine: id, constraint, message }));
  cluster.behaviours.set("fail.service", {
    states: [
      ["active", "running"],
      ["failed", "failed"],
    ],
  });
  cluster.behaviours.set("flap.service", { states: [["activating", "auto-restart"]] });
  cluster.behaviours.set("once.service", {
    states: [
      ["activating", "start"],
      ["inactive", "dead"],
    ],
  });
  cluster.behaviours.set("slow.service", { pending: "takeover from m2: lease bound in 3.2 s" });
  cluster.behaviours.set("nomachine.service", {
    reasons: everywhere("MachineMetadata", "host is not nowhere"),
  });
  cluster.behaviours.set("app-hellodb@4.service", {
    reasons: machines.map(({ id }, index) => ({
      machine: id,
      constraint: "Conflicts",
      message: `app-hellodb@${index + 1}.service is there`,
    })),
  });
}

/** In the manner of fleet's transcripts, so that the two can be laid side by side. */
function format(command: string, { stdout, stderr, exitCode }: Ran): string {
  const lines = (text: string, name: string) =>
    text === ""
      ? []
      : text
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => `${name}| ${line}`.trimEnd());
  return [command, ...lines(stdout, "stdout"), ...lines(stderr, "stderr"), `rc=${exitCode}`].join("\n");
}

test("the transcript", async () => {
  const client = await buildClient();
  const cluster = await FakeCluster.start();
  const cwd = await mkdtemp(join(tmpdir(), "flotilla-units-"));
  try {
    behave(cluster);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), text);
    }
    const expected = await readFile(transcript, "utf8");
    const blocks: string[] = [];
    for (const block of expected.trimEnd().split("\n\n")) {
      const [command = ""] = block.split("\n");
      const args = /^\$ flotillactl ?(.*)$/.exec(command)?.[1]?.match(/\S+/g);
      if (!command.startsWith("$")) blocks.push(block);
      else
        blocks.push(
          format(command, await runClient(client.file, args ?? [], { endpoint: cluster.endpoint, cwd })),
        );
    }
    const actual = `${blocks.join("\n\n")}\n`;
    if (process.env["FLOTILLA_UPDATE"]) await writeFile(transcript, actual);
    else assert.fixture(actual, expected);
  } finally {
    await rm(cwd, { recursive: true });
    await client.remove();
    await cluster.stop();
  }
});

test.run();
