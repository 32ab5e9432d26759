import { spawnSync } from "node:child_process";
import { once } from "node:events";
import * as https from "node:https";
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
    const error: unknown = await client.submit({ units: [unit] }).catch((error) => error);
    assert.ok(error instanceof FlotillaError);
    assert.equal([error.code, error.message, error.hint], ["unit-invalid", "unit-invalid", "wait"]);
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
  withCluster(async (_, client) => {
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

/** A certificate that vouches for itself, for both ends on 127.0.0.1. */
function makeIdentity(): { cert: string; key: string } | undefined {
  const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=flotilla";
  const out = "-addext subjectAltName=IP:127.0.0.1 -keyout - -out -";
  const { status, stdout } = spawnSync("openssl", `${args} ${out}`.split(" "), { encoding: "utf8" });
  if (status !== 0) return undefined;
  const [key = "", cert = ""] = stdout.split(/(?=-----BEGIN CERTIFICATE)/);
  return { cert, key };
}
const identity = makeIdentity();

(identity ? test : test.skip)(
  "mutual TLS: both sides are checked, and a refusal is told as one, at once",
  async () => {
    const { cert, key } = identity ?? { cert: "", key: "" };
    const tls = { cert, key, ca: cert };
    const server = https.createServer(
      { ...tls, requestCert: true, rejectUnauthorized: true },
      (_, response) => {
        response.end('{"members":[]}');
      },
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const connect = (part: Partial<typeof tls>) =>
      createClient({ endpoint: { kind: "https", host: "127.0.0.1", port, tls: part }, clock: systemClock });
    try {
      assert.equal(await connect(tls).members(), { members: [] });
      const startMs = performance.now();
      assert.is(await codeOf(connect({ cert, key }).members()), "endpoint-untrusted");
      assert.is(await codeOf(connect({ ca: cert }).members()), "endpoint-untrusted");
      assert.ok(performance.now() - startMs < 1000);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  },
);

test.run();
