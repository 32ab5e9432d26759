import { FlotillaError } from "../error.ts";
import type { ErrorAnswer } from "./contract.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/**
 * What a failed connection means to a person.
 * Codes: `interrupted`, `endpoint-lost` (the request may have arrived), `endpoint-permission`, `endpoint-untrusted`,
 * `endpoint-unreachable` (it did not arrive).
 */
export function unreachable(
  cause: Error & { code?: string; reason?: string },
  endpoint: Endpoint,
  isConnected: boolean,
  signal: AbortSignal | undefined,
): FlotillaError {
  const place = formatEndpoint(endpoint);
  const code = cause.code ?? "";
  if (signal?.aborted) return new FlotillaError("interrupted", "interrupted", { cause });
  if (code === "EACCES" || code === "EPERM")
    return new FlotillaError("endpoint-permission", `no permission to use ${place}`, {
      hint: "run it as root, or join the group that owns the socket.",
    });
  if (/^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code))
    return new FlotillaError(
      "endpoint-untrusted",
      `no trusted connection to ${place}: ${cause.reason ?? cause.message}`,
      {
        hint: "give the cluster's --ca-file, and a --cert-file and --key-file that this CA signed.",
      },
    );
  if (isConnected && code !== "ETIMEDOUT")
    return new FlotillaError("endpoint-lost", `lost the connection to ${place}`, {
      hint: "look at the daemon there: systemctl status flotillad",
      cause,
    });
  return new FlotillaError("endpoint-unreachable", `cannot reach ${place}: ${inWords(code, cause)}`, {
    hint:
      endpoint.kind === "unix"
        ? "start flotillad here, or name a member with --endpoint https://HOST:PORT (or FLOTILLACTL_ENDPOINT)."
        : "is flotillad running there, and its port open? Try another member with --endpoint.",
  });
}

function inWords(code: string, cause: Error): string {
  switch (code) {
    case "ENOENT":
      return "no such file or directory";
    case "ECONNREFUSED":
      return "connection refused";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no route to host";
    case "EPROTO":
      return "it does not speak TLS";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "unknown host";
    default:
      return cause.message;
  }
}

/** The server's refusal as the error that it describes. */
export function refusal(status: number, text: string): FlotillaError {
  const error = parseError(text);
  if (error === undefined) return new FlotillaError("answer-malformed", `the endpoint answered ${status}`);
  const more = {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.at === undefined ? {} : { at: error.at }),
  };
  return new FlotillaError(error.code, error.message, more);
}

function parseError(text: string): ErrorAnswer["error"] | undefined {
  try {
    const answer: Partial<ErrorAnswer> = JSON.parse(text);
    return typeof answer.error?.code === "string" ? answer.error : undefined;
  } catch {
    return undefined;
  }
}
