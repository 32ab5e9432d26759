import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { describeError, FlotillaError } from "../error.ts";
import type { Log } from "../log.ts";
import { idempotencyKey } from "./contract.ts";
import { matchRoute, type Route } from "./route.ts";

/** Longest request body, in bytes: a thousand ordinary unit files. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** How long a request waits for a leader before it is turned away, in milliseconds. */
const LEADER_WAIT_MS = 3_000;

/** What the API needs of the member that it runs in. */
export interface Front<Leading> {
  /** The leader's side, if this member leads. */
  leading(): Leading | undefined;
  /** Passes the request on to the leader; false if none could be reached. */
  forward(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<boolean>;
  /** Resolves once there is a leader, or after `limitMs`. */
  untilLeader(limitMs: number): Promise<void>;
  readonly log: Log;
}

/** Answers HTTP requests: on the leader by itself, elsewhere through the leader. */
export function createRequestHandler<Leading>(front: Front<Leading>, routes: readonly Route<Leading>[]) {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://flotilla");
    const found = matchRoute(routes, request.method ?? "GET", url.pathname);
    if (!found) throw new FlotillaError("not-found", `no such resource: ${request.method} ${url.pathname}`);
    // Read before it is forwarded, so that it can be sent once more to the next leader.
    const raw = await readBody(request);
    let leading = front.leading();
    if (found.route.isLocal !== true && !leading) {
      if (await front.forward(request, raw, response)) return;
      await front.untilLeader(LEADER_WAIT_MS);
      leading = front.leading();
      if (!leading && (await front.forward(request, raw, response))) return;
      if (!leading)
        throw new FlotillaError("no-leader", "the members have no leader now", {
          hint: "a majority of the members has to be up and connected: look there with systemctl status flotillad",
        });
    }
    const key = request.method === "GET" ? "" : parseKey(request.headers["idempotency-key"]);
    const body = request.method === "POST" ? parseJson(raw) : undefined;
    const over = new AbortController();
    response.on("close", () => over.abort());
    const result = await found.route.handle({
      leading: leading as Leading,
      path: found.captured,
      query: Object.fromEntries(url.searchParams),
      body,
      key,
      signal: over.signal,
    });
    if (isStream(result)) await sendStream(response, result);
    else send(response, 200, result);
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof FlotillaError) && !(error instanceof z.ZodError))
        front.log("error", `API: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      const { status, ...body } = explain(error);
      if (response.headersSent) response.destroy();
      else send(response, status, { error: body });
    });
  };
}

function parseKey(header: string | string[] | undefined): string {
  const key = idempotencyKey.safeParse(header);
  if (key.success) return key.data;
  throw new FlotillaError("key-missing", "a change needs an Idempotency-Key header, a UUID");
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX)
      throw new FlotillaError("body-too-long", `the request has more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new FlotillaError("body-malformed", "the request is not JSON", { cause });
  }
}

const isStream = (result: unknown): result is AsyncIterable<Buffer> =>
  typeof result === "object" && result !== null && Symbol.asyncIterator in result;

async function sendStream(response: ServerResponse, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
    if (!response.write(chunk))
      await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  }
  response.end();
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

/** HTTP's status for an error's code; what is not listed is the request's fault. */
const statuses: Readonly<Record<string, number>> = {
  "not-found": 404,
  "unit-not-found": 404,
  "machine-not-found": 404,
  "body-too-long": 413,
  "no-leader": 503,
  "not-leader": 503,
  "leadership-lost": 503,
  "member-closed": 503,
};

function explain(error: unknown): {
  status: number;
  code: string;
  message: string;
  hint?: string;
  at?: string;
} {
  if (error instanceof z.ZodError)
    return { status: 400, code: "request-invalid", message: z.prettifyError(error) };
  if (!(error instanceof FlotillaError))
    return { status: 500, code: "internal", message: describeError(error) };
  const { code, message, hint, at } = error;
  const cause = error.cause === undefined ? "" : `: ${describeError(error.cause)}`;
  return {
    status: statuses[code] ?? 400,
    code,
    message: `${message}${cause}`,
    ...(hint === undefined ? {} : { hint }),
    ...(at === undefined ? {} : { at }),
  };
}
