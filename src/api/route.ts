/** One request, parsed as far as HTTP goes. */
export interface Call<Leading> {
  readonly leading: Leading;
  /** What the route's `:names` stand for. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The client's idempotency key; empty for a GET. */
  readonly key: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A resource and a method. The answer is JSON, or a stream of text. */
export interface Route<Leading> {
  readonly method: "GET" | "POST" | "DELETE";
  /** `/v1/machines/:id` */
  readonly path: string;
  /** Answered by any member, leader or not. */
  readonly isLocal?: true;
  handle(call: Call<Leading>): Promise<unknown> | AsyncIterable<Buffer>;
}

export function matchRoute<Leading>(routes: readonly Route<Leading>[], method: string, path: string) {
  const parts = path.split("/");
  for (const route of routes) {
    const pattern = route.path.split("/");
    if (route.method !== method || pattern.length !== parts.length) continue;
    const captured: Record<string, string> = {};
    const isMatch = pattern.every((wanted, i) => {
      const part = parts[i] ?? "";
      if (!wanted.startsWith(":")) return wanted === part;
      captured[wanted.slice(1)] = decodeURIComponent(part);
      return true;
    });
    if (isMatch) return { route, captured };
  }
  return undefined;
}
