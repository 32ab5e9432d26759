import type { Command } from "commander";
import { type Client, createClient } from "../api/client.ts";
import type { Endpoint } from "../api/endpoint.ts";
import { type Clock, systemClock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { usageError } from "./exit.ts";

/** What a verb works with: the cluster's API, time, and the user's Ctrl-C. */
export interface Session {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface GlobalOptions {
  readonly endpoint: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** @throws FlotillaError `usage` for an endpoint that cannot be one, `file-unreadable` for a missing key */
export async function openSession(command: Command): Promise<Session> {
  const endpoint = await parseEndpoint(command.optsWithGlobals<GlobalOptions>());
  const interruption = new AbortController();
  // Once: a second Ctrl-C ends the process at once, should the first have been in vain.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
  const signal = interruption.signal;
  return { client: createClient({ endpoint, clock: systemClock, signal }), clock: systemClock, signal };
}

async function parseEndpoint(options: GlobalOptions): Promise<Endpoint> {
  const text = options.endpoint;
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const url = /^https:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw usageError(
      `invalid endpoint ${JSON.stringify(text)}`,
      "give unix:///PATH or https://HOST:PORT (plain http is not offered: the API has no other guard than TLS).",
    );
  const [ca, cert, key] = await Promise.all([options.caFile, options.certFile, options.keyFile].map(readPem));
  return {
    kind: "https",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 443 : Number(url.port),
    tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) },
  };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === "") return undefined;
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new FlotillaError("file-unreadable", `cannot read ${path}`, { cause });
  }
}
