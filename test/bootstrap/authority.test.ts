import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ensureAuthority, ensureCertificate, type Issued } from "../../src/bootstrap/authority.ts";

const now = new Date("2026-06-01T00:00:00Z");
const later = (years: number) => new Date(now.getTime() + years * 365 * 86_400_000);
const member = { name: "m1", address: "127.0.0.1" };
const operator = { name: "the operator", address: undefined };
const authority = await ensureAuthority("harbour", undefined, now);

/** What the client and the server see of each other; an error's code when they do not agree. */
async function shake(ca: Issued, serverSide: Issued, clientSide: Issued): Promise<string> {
  const trust = { ca: ca.cert, minVersion: "TLSv1.3" as const };
  const server = createServer({ ...trust, ...serverSide, requestCert: true }, (socket) => {
    socket.on("error", () => {});
    socket.end(`${socket.authorized} ${socket.getPeerCertificate().subject.CN}`);
  });
  server.on("tlsClientError", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...trust, ...clientSide, port, host: "127.0.0.1" });
  try {
    let text = "";
    client.on("data", (data) => (text += data));
    await once(client, "end");
    return `${client.getPeerCertificate().subject.CN}: ${text}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    client.destroy();
    server.close();
  }
}

test("node:tls takes them, both ways, by address", async () => {
  const [server, client] = [
    await ensureCertificate(authority, member, undefined, new Date()),
    await ensureCertificate(authority, operator, undefined, new Date()),
  ];
  const ca = await ensureAuthority("harbour", undefined, new Date());
  assert.is(await shake(authority, server, client), "m1: true the operator");
  assert.is(await shake(authority, server, server), "m1: true m1");
  const elsewhere = await ensureCertificate(
    authority,
    { ...member, address: "192.0.2.1" },
    undefined,
    new Date(),
  );
  assert.is(await shake(authority, elsewhere, client), "ERR_TLS_CERT_ALTNAME_INVALID");
  const stranger = await ensureCertificate(ca, operator, undefined, new Date());
  // In TLS 1.3 the client learns of it only after its own handshake.
  assert.match(await shake(authority, server, stranger), /ERR_SSL|ECONNRESET|^m1: $/);
});

test("a client's certificate serves nobody", async () => {
  const client = await ensureCertificate(authority, operator, undefined, new Date());
  assert.is(await shake(authority, client, client), "INVALID_PURPOSE");
});

test("a good one is kept; another name or address, another CA, or an end in sight make a new one", async () => {
  const issued = await ensureCertificate(authority, member, undefined, now);
  const again = (subject: typeof member, ca = authority, at = now) =>
    ensureCertificate(ca, subject, issued, at);
  assert.is(await again(member), issued);
  assert.is(await again(member, authority, later(6)), issued);
  assert.is.not(await again(member, authority, later(7)), issued);
  assert.is.not(await again({ ...member, name: "m2" }), issued);
  assert.is.not(await again({ ...member, address: "127.0.0.2" }), issued);
  assert.is.not(await again(member, await ensureAuthority("harbour", undefined, now)), issued);
});

test("a renewed CA keeps its key, so what it signed before stays good", async () => {
  const issued = await ensureCertificate(authority, member, undefined, now);
  assert.is(await ensureAuthority("harbour", authority, later(13)), authority);
  const renewed = await ensureAuthority("harbour", authority, later(14));
  assert.is.not(renewed.cert, authority.cert);
  assert.ok(new X509Certificate(issued.cert).verify(new X509Certificate(renewed.cert).publicKey));
  assert.is(await ensureCertificate(renewed, member, issued, now), issued);
  assert.match(new X509Certificate(renewed.cert).validTo, /2060/);
});

test.run();
