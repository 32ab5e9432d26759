import { test } from "uvu";
import * as assert from "uvu/assert";
import { FakeCluster } from "./fake-cluster.ts";
import { buildClient, runClient } from "./flotillactl.ts";

const client = await buildClient();
test.after(() => client.remove());

/** Ctrl-C comes as soon as `until` holds. */
async function interrupted(cluster: FakeCluster, args: readonly string[], until: () => boolean) {
  const over = new AbortController();
  const watching = setInterval(() => until() && over.abort(), 20);
  try {
    return await runClient(client.file, args, { endpoint: cluster.endpoint, interrupt: over.signal });
  } finally {
    clearInterval(watching);
  }
}

test("Ctrl-C while waiting ends at once and says what goes on", async () => {
  const cluster = await FakeCluster.start();
  try {
    cluster.behaviours.set("slow.service", { pending: "takeover from m2" });
    cluster.add("slow.service", "[Service]\nExecStart=/bin/sleep infinity\n");
    const isWaiting = () => cluster.requests.filter(({ path }) => path === "/v1/units").length > 2;
    const ran = await interrupted(cluster, ["start", "slow.service"], isWaiting);
    assert.equal(ran, {
      stdout: "",
      stderr:
        "Error: interrupted: start of slow.service goes on\n" +
        "Hint: the cluster is consistent; flotillactl list-unit-files shows how far it is.\n",
      exitCode: 130,
    });
    assert.is(cluster.units.get("slow.service")?.desired, "launched");
  } finally {
    await cluster.stop();
  }
});

test("Ctrl-C while nobody answers a change says that it may have arrived", async () => {
  const cluster = await FakeCluster.start();
  try {
    cluster.add("a.service", "[Service]\nExecStart=/bin/sleep infinity\n");
    cluster.isDeafTo = "/v1/destroy";
    const isAsked = () => cluster.requests.some(({ path }) => path === "/v1/destroy");
    const ran = await interrupted(cluster, ["destroy", "a"], isAsked);
    assert.match(ran.stderr, /^Error: interrupted: destroy of a.service may have been asked for\n/);
    assert.is(ran.exitCode, 130);
  } finally {
    await cluster.stop();
  }
});

test.run();
