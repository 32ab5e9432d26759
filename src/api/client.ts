import * as http from "node:http";
import { type Clock, sleep } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import type * as api from "./contract.ts";
import type { Endpoint } from "./endpoint.ts";
import { refusal, unreachable } from "./failure.ts";

export interface UnitsQuery {
  /** Left out: every unit of the cluster. */
  readonly names?: readonly string[];
  readonly text?: boolean;
  /** Answer when something changed after this revision, or after `waitSeconds`. */
  readonly after?: number;
  readonly waitSeconds?: number;
}
export interface JournalQuery {
  readonly unit: string;
  readonly lines: number;
  readonly output: string;
  readonly follow: boolean;
}

/** The cluster's API. Every method rejects with a FlotillaError; a change is applied once however often it is sent. */
export interface Client {
  version(): Promise<api.VersionAnswer>;
  units(query?: UnitsQuery): Promise<api.UnitsAnswer>;
  submit(request: api.SubmitRequest): Promise<api.SubmitAnswer>;
  desire(request: api.DesireRequest): Promise<api.RevisionAnswer>;
  destroy(request: api.DestroyRequest): Promise<api.RevisionAnswer>;
  machines(): Promise<api.MachinesAnswer>;
  probe(request: api.ProbeRequest): Promise<api.ProbeAnswer>;
  enrol(request: api.EnrolRequest): Promise<api.EnrolAnswer>;
  adoptMachine(id: string, request: api.AdoptRequest): Promise<api.RevisionAnswer>;
  removeMachine(id: string): Promise<api.RevisionAnswer>;
  status(name: string): Promise<api.StatusAnswer>;
  /** Hands the text to `write` as it comes; resolves at its end. */
  journal(query: JournalQuery, write: (chunk: string) => void): Promise<void>;
  members(): Promise<api.MembersAnswer>;
  /** As a learner, which gets its vote once it has caught up. */
  addMember(request: api.MemberRequest): Promise<void>;
  removeMember(id: string): Promise<void>;
  /** Makes it the leader. */
  transferLeadership(id: string): Promise<void>;
  lease(): Promise<api.LeaseAnswer>;
  setLease(request: api.LeaseRequest): Promise<api.LeaseAnswer>;
}

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Aborts whatever is under way: requests reject with code `interrupted`. */
  readonly signal?: AbortSignal;
}

interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** How long the server may hold the answer on purpose. */
  readonly heldMs?: number;
  /** Takes the body piece by piece instead of collecting it. */
  readonly onChunk?: (chunk: string) => void;
}

/** How long one request is sent again after a lost connection or without a leader: an election and a restart fit in. */
const retryForMs = 6_000;
const firstRetryDelayMs = 50;
const maxRetryDelayMs = 1000;
const connectTimeoutMs = 5000;
/** A probe or a status goes through an SSH connection that may be slow to come. */
const answerTimeoutMs = 30_000;
const maxAnswerChars = 64 * 1024 * 1024;
/** Node refuses request heads beyond 16 KiB: more names than this are asked for as "all", which answers the same. */
const maxNamesChars = 8 * 1024;

/** Opens nothing yet: the first request connects. */
export function createClient(options: ClientOptions): Client {
  let wasReached = false;

  async function attempt(call: Call, key: string | undefined): Promise<string> {
    const request = await open(options.endpoint, call, key, options.signal);
    return new Promise((resolve, reject) => {
      let isConnected = false;
      const connecting = setTimeout(() => request.destroy(connectTimeout()), connectTimeoutMs);
      const fail = (error: Error) => {
        clearTimeout(connecting);
        reject(unreachable(error, options.endpoint, isConnected, options.signal));
      };
      request.on("socket", (socket) => {
        const connected = () => {
          isConnected = true;
          wasReached = true;
          clearTimeout(connecting);
        };
        if (socket.connecting)
          socket.once(options.endpoint.kind === "https" ? "secureConnect" : "connect", connected);
        else connected();
      });
      request.on("error", fail);
      request.on("response", (response) => {
        collect(response, call, resolve, reject, fail);
      });
      if (call.onChunk === undefined)
        request.setTimeout(answerTimeoutMs + (call.heldMs ?? 0), () => request.destroy(answerTimeout()));
      request.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    });
  }

  async function send(call: Call): Promise<string> {
    const key = call.method === "GET" ? undefined : crypto.randomUUID();
    const giveUpAtMs = options.clock.now() + retryForMs;
    for (let delayMs = firstRetryDelayMs; ; delayMs = Math.min(2 * delayMs, maxRetryDelayMs)) {
      try {
        return await attempt(call, key);
      } catch (error) {
        if (!isPassing(error, wasReached) || options.clock.now() + delayMs > giveUpAtMs) throw error;
      }
      await sleep(options.clock, delayMs);
    }
  }

  /** The server is of our own version or newer, so its answer is taken at its word, apart from being JSON. */
  async function ask<Answer>(call: Call): Promise<Answer> {
    const text = await send(call);
    try {
      return JSON.parse(text);
    } catch (cause) {
      const hint = "is this a flotillad endpoint? Look at --endpoint.";
      throw new FlotillaError("answer-malformed", "the answer is not JSON", { hint, cause });
    }
  }
  const post = <Answer>(path: string, body: unknown) => ask<Answer>({ method: "POST", path, body });
  const get = <Answer>(path: string) => ask<Answer>({ method: "GET", path });

  return {
    version: () => get("/v1/version"),
    units: async (query = {}) => {
      const heldMs = (query.waitSeconds ?? 0) * 1000;
      const answer = await ask<api.UnitsAnswer>({ method: "GET", path: unitsPath(query), heldMs });
      if (query.names === undefined) return answer;
      const wanted = new Set(query.names);
      return { ...answer, units: answer.units.filter((unit) => wanted.has(unit.name)) };
    },
    submit: (request) => post("/v1/units", request),
    desire: (request) => post("/v1/desired", request),
    destroy: (request) => post("/v1/destroy", request),
    machines: () => get("/v1/machines"),
    probe: (request) => post("/v1/machines/probe", request),
    enrol: (request) => post("/v1/machines", request),
    adoptMachine: (id, request) => post(`/v1/machines/${encodeURIComponent(id)}/adopt`, request),
    removeMachine: (id) => ask({ method: "DELETE", path: `/v1/machines/${encodeURIComponent(id)}` }),
    status: (name) => post("/v1/status", { name }),
    journal: async (query, write) => {
      await attempt({ method: "GET", path: journalPath(query), onChunk: write }, undefined);
    },
    members: () => get("/v1/members"),
    addMember: (request) => post("/v1/members", request),
    removeMember: (id) => ask({ method: "DELETE", path: `/v1/members/${encodeURIComponent(id)}` }),
    transferLeadership: (id) => post(`/v1/members/${encodeURIComponent(id)}/lead`, {}),
    lease: () => get("/v1/lease"),
    setLease: (request) => post("/v1/lease", request),
  };
}

/** Codes of refusals that an election or a restart ends; the change was not taken, or is known by its key. */
const passingCodes = ["not-leader", "no-leader", "leadership-lost", "member-closed", "endpoint-lost"];

/** Worth another try. A server that was never there is not waited for. */
function isPassing(error: unknown, wasReached: boolean): boolean {
  if (!(error instanceof FlotillaError)) return false;
  return passingCodes.includes(error.code) || (error.code === "endpoint-unreachable" && wasReached);
}

async function open(
  endpoint: Endpoint,
  call: Call,
  key: string | undefined,
  signal: AbortSignal | undefined,
) {
  const headers = {
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
  const common = {
    method: call.method,
    path: call.path,
    headers,
    ...(signal === undefined ? {} : { signal }),
  };
  if (endpoint.kind === "unix") return http.request({ ...common, socketPath: endpoint.path });
  // TLS is loaded only by those who use it: the unix socket answers sooner without.
  const https = await import("node:https");
  try {
    return https.request({ ...common, ...endpoint.tls, host: endpoint.host, port: endpoint.port });
  } catch (cause) {
    // Keys and certificates are parsed here and now.
    throw unreachable(cause instanceof Error ? cause : new Error(String(cause)), endpoint, false, signal);
  }
}

function collect(
  response: http.IncomingMessage,
  call: Call,
  resolve: (text: string) => void,
  reject: (error: Error) => void,
  fail: (error: Error) => void,
): void {
  const isGood = (response.statusCode ?? 500) < 300;
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    if (isGood && call.onChunk !== undefined) return call.onChunk(chunk);
    text += chunk;
    if (text.length > maxAnswerChars)
      response.destroy(new Error(`answer beyond ${maxAnswerChars} characters`));
  });
  response.on("error", fail);
  response.on("end", () => (isGood ? resolve(text) : reject(refusal(response.statusCode ?? 500, text))));
}

function unitsPath(query: UnitsQuery): string {
  const parameters = new URLSearchParams();
  const names = query.names?.join(",");
  if (names !== undefined && names.length <= maxNamesChars) parameters.set("names", names);
  if (query.text) parameters.set("text", "1");
  if (query.after !== undefined) parameters.set("after", String(query.after));
  if (query.waitSeconds !== undefined) parameters.set("wait", String(query.waitSeconds));
  return parameters.size === 0 ? "/v1/units" : `/v1/units?${parameters}`;
}

function journalPath(query: JournalQuery): string {
  const { unit, lines, output, follow } = query;
  return `/v1/journal?${new URLSearchParams({ unit, lines: String(lines), output, follow: follow ? "1" : "0" })}`;
}

const timeout = (what: string) => Object.assign(new Error(what), { code: "ETIMEDOUT" });
const connectTimeout = () => timeout(`no connection within ${connectTimeoutMs / 1000} s`);
const answerTimeout = () => timeout(`no answer within ${answerTimeoutMs / 1000} s`);
