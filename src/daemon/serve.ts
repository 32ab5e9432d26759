import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import * as https from "node:https";
import { connect } from "node:net";
import { dirname } from "node:path";
import { FlotillaError } from "../error.ts";
import type { Credentials } from "../raft/peer.ts";

/** Longest request head, in bytes; a list of names fits in. */
const HEAD_BYTES_MAX = 64 * 1024;

/** Serves the API on a unix socket that only its owner and group may use. */
export async function serveSocket(path: string, handle: RequestListener): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true });
  if (await isServed(path))
    throw new FlotillaError("socket-taken", "another flotillad serves this socket", { at: path });
  rmSync(path, { force: true });
  const server = createServer({ maxHeaderSize: HEAD_BYTES_MAX }, handle);
  await once(server.listen(path), "listening");
  chmodSync(path, 0o660);
  return server;
}

/** Serves the API over TLS 1.3 to whoever shows a certificate of the cluster. */
export async function serveTls(
  at: { readonly host: string; readonly port: number },
  credentials: Credentials,
  handle: RequestListener,
): Promise<Server> {
  const options = {
    ...credentials,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3" as const,
  };
  const server = https.createServer({ ...options, maxHeaderSize: HEAD_BYTES_MAX }, handle);
  await once(server.listen(at.port, at.host), "listening");
  return server;
}

/** A request as it is passed on: read whole, so that it can be sent again. */
export interface Forwarding {
  readonly to: { readonly host: string; readonly port: number };
  readonly credentials: Credentials;
  readonly agent: https.Agent;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
  /** Aborted when the member at `to` does not lead any more, as far as is known here. */
  readonly signal: AbortSignal;
}

/** Passes a request on to the leader, and its answer back; false if it has given none. */
export function forwardRequest(forwarding: Forwarding): Promise<boolean> {
  const { to, credentials, agent, request, body, response, signal } = forwarding;
  return new Promise((resolve) => {
    const { method, url, headers } = request;
    const options = { ...to, ...credentials, agent, signal, method, path: url, headers };
    // Members are known by the cluster's CA, not by the addresses at which they are reached.
    const trust = { checkServerIdentity: () => undefined, minVersion: "TLSv1.3" as const };
    const onward = https.request({ ...options, ...trust });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      resolve(true);
    });
    onward.on("error", () => resolve(response.headersSent));
    response.on("close", () => onward.destroy());
    onward.end(body);
  });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
