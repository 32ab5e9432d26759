import { Agent } from "node:https";
import { createReaching } from "../api/reaching.ts";
import type { Route } from "../api/route.ts";
import { type Leading, routes } from "../api/routes.ts";
import { createRequestHandler, type Front } from "../api/server.ts";
import { sleep, systemClock } from "../clock.ts";
import { describeError, type FlotillaError } from "../error.ts";
import type { Log } from "../log.ts";
import { connectMachine } from "../machine/link.ts";
import type { Consensus } from "../raft/consensus.ts";
import { version } from "../version.ts";
import { claimDataDirectory } from "./claim.ts";
import type { Config } from "./config.ts";
import { readCredentials, readSshIdentity } from "./keys.ts";
import { followLeadership, type Leadership } from "./leadership.ts";
import { join } from "./member.ts";
import { notify } from "./notify.ts";
import { forwardRequest, serveSocket, serveTls } from "./serve.ts";

/** Longest orderly end, in milliseconds: handing over leadership takes a few. */
const STOP_MS_MAX = 2_000;

/** Runs this member until it is told to stop. Never resolves: the process ends. */
export async function run(config: Config, log: Log): Promise<void> {
  const end = (reason: FlotillaError): never => {
    // After a failed write nobody knows what the disk holds: nothing is tried again (raft.md, 2.6).
    log("error", `${describeError(reason)}, exiting`, { code: reason.code, at: reason.at });
    process.exit(1);
  };
  await claimDataDirectory(config.data_dir);
  const identity = readSshIdentity(config);
  const { consensus, replica, cluster } = await join(config, log, end);
  const leadership = followLeadership(
    {
      consensus,
      replica,
      clock: systemClock,
      random: Math.random,
      log,
      clockRatePpm: config.clock_ppm,
      connect: (machine, as) =>
        connectMachine({
          target: machine,
          givenUp: machine.adoptedFrom,
          identity,
          clock: systemClock,
          log,
          ...as,
        }),
    },
    createReaching(identity),
  );
  const handle = createRequestHandler(front(config, consensus, leadership, log), [
    ...routes,
    describeMember(consensus, cluster),
  ]);
  await serveSocket(config.socket, handle);
  if (config.listen && config.tls) {
    const { host, port } = config.listen;
    await serveTls({ host, port: port + 1 }, readCredentials(config.tls), handle);
  }
  notify(log, "--ready");
  log("notice", `flotillad ${version} is member ${consensus.id} of cluster ${cluster}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => void stop(consensus, leadership, log, signal));
}

/** Hands over first, so that the others need no election. */
async function stop(consensus: Consensus, leadership: Leadership, log: Log, signal: string): Promise<void> {
  log("notice", `${signal}: stopping`);
  notify(log, "STOPPING=1");
  const orderly = async () => {
    const { role, voters } = consensus.status();
    leadership.end();
    if (role === "leader" && voters.length > 1) await consensus.transferLeadership().catch(() => {});
    await consensus.close();
  };
  await Promise.race([orderly(), sleep(systemClock, STOP_MS_MAX)]);
  process.exit(0);
}

function front(config: Config, consensus: Consensus, leadership: Leadership, log: Log): Front<Leading> {
  const credentials = config.tls && readCredentials(config.tls);
  const agent = new Agent({ keepAlive: true });
  return {
    log,
    leading: () => leadership.leading(),
    forward: async (request, body, response) => {
      const { leader } = consensus.status();
      const address = consensus.members().find(({ id }) => id === leader)?.address;
      if (!credentials || leader === consensus.id || address === undefined) return false;
      const colon = address.lastIndexOf(":");
      const to = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) + 1 };
      const over = new AbortController();
      response.on("close", () => over.abort());
      const isDeposed = () => consensus.status().leader !== leader;
      void until(isDeposed, leadership, over.signal).then(() => over.abort());
      const forwarding = { to, credentials, agent, request, body, response, signal: over.signal };
      const isAnswered = await forwardRequest(forwarding);
      if (!isAnswered) over.abort();
      return isAnswered;
    },
    untilLeader: (limitMs) => {
      const isSettled = () => {
        const { leader } = consensus.status();
        return leadership.leading() !== undefined || (leader !== undefined && leader !== consensus.id);
      };
      return until(isSettled, leadership, AbortSignal.timeout(limitMs));
    },
  };
}

/** Resolves when `isSo` has come true, or it does not matter any more. */
function until(isSo: () => boolean, leadership: Leadership, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo() && !signal.aborted) return;
      forget();
      signal.removeEventListener("abort", look);
      resolve();
    };
    const forget = leadership.onChange(look);
    signal.addEventListener("abort", look);
    look();
  });
}

const describeMember = (consensus: Consensus, cluster: string): Route<Leading> => ({
  method: "GET",
  path: "/v1/version",
  isLocal: true,
  handle: async () => {
    const { role, term, leader } = consensus.status();
    return {
      version,
      cluster,
      member: consensus.id,
      role,
      term,
      ...(leader === undefined ? {} : { leader }),
    };
  },
});
