import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Client, createClient } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { FlotillaError } from "../../src/error.ts";
import { FakeCluster } from "../cli/fake-cluster.ts";

const refusal = (code: string) => ({ status: 503, body: { error: { code, message: code, hint: "wait" } } });

async function withCluster(use: (cluster: FakeCluster, client: Client) => Promise<void>): Promise<void> {
  const cluster = await FakeCluster.start();
  const path = cluster.endpoint.slice("unix://".length);
  try {
    await use(cluster, createClient({ endpoint: { kind: "unix", path }, clock: systemClock }));
  } finally {
    await cluster.stop();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof FlotillaError ? error.code : String(error);
  }
}

const unit = { name: "a.service", text: "[Service]\nExecStart=/bin/true\n" };

test("a change that got no answer is sent again under the same key", () =>
  withCluster(async (cluster, client) => {
    cluster.outages.push("hang-up", refusal("not-leader"), refusal("no-leader"));
    const answer = await client.submit({ units: [unit] });
    assert.equal(answer.units, [{ name: "a.service", outcome: "created" }]);
    assert.is(cluster.requests.length, 4);
    assert.is(new Set(cluster.requests.map(({ key }) => key)).size, 1);
  }));

test("two changes have two keys, a read has none", () =>
  withCluster(async (cluster, client) => {
    await client.submit({ units: [unit] });
    await client.submit({ units: [unit] });
    await client.units();
    const keys = cluster.requests.map(({ key }) => key);
    assert.is.not(keys[0], keys[1]);
    assert.is(keys[2], undefined);
  }));

test("a refusal keeps its code, message and hint, and is not repeated", () =>
  withCluster(async (cluster, client) => {
    cluster.outages.push(refusal("unit-invalid"));
    try {
      await client.submit({ units: [unit] });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, FlotillaError);
      assert.equal([error.code, error.message, error.hint], ["unit-invalid", "unit-invalid", "wait"]);
    }
    assert.is(cluster.requests.length, 1);
  }));

test("a long poll answers at the change", () =>
  withCluster(async (cluster, client) => {
    const { revision } = await client.units();
    const poll = client.units({ after: revision, waitSeconds: 10 });
    setTimeout(() => cluster.change(), 30);
    assert.is((await poll).revision, revision + 1);
  }));

test("more names than fit into a URL are asked for as all of them", () =>
  withCluster(async (cluster, client) => {
    await client.submit({ units: [unit, { ...unit, name: "b.service" }] });
    const names = [
      "b.service",
      ...Array.from({ length: 1000 }, (_, index) => `some-instance@${index}.service`),
    ];
    const { units } = await client.units({ names });
    assert.equal(
      units.map(({ name }) => name),
      ["b.service"],
    );
  }));

test("an answer that is no JSON, or no answer of flotillad", () =>
  withCluster(async (cluster, client) => {
    cluster.outages.push({ status: 200, body: "<html>" }, { status: 404, body: "<html>" });
    assert.is(await codeOf(client.members()), "answer-malformed");
    assert.is(await codeOf(client.members()), "answer-malformed");
  }));

test("nobody there is told at once; a Ctrl-C ends a poll", async () => {
  const nobody = createClient({ endpoint: { kind: "unix", path: "/nonexistent.sock" }, clock: systemClock });
  assert.is(await codeOf(nobody.units()), "endpoint-unreachable");
  await withCluster(async (cluster) => {
    const interruption = new AbortController();
    const path = cluster.endpoint.slice("unix://".length);
    const { signal } = interruption;
    const client = createClient({ endpoint: { kind: "unix", path }, clock: systemClock, signal });
    const { revision } = await client.units();
    setTimeout(() => interruption.abort(), 30);
    assert.is(await codeOf(client.units({ after: revision, waitSeconds: 10 })), "interrupted");
  });
});

test("https asks for trust on both sides", async () => {
  const client = createClient({
    endpoint: { kind: "https", host: "127.0.0.1", port: 1, tls: {} },
    clock: systemClock,
  });
  assert.is(await codeOf(client.units()), "endpoint-unreachable");
});

test.run();
