import { connect } from "node:net";
import { createClient } from "../../src/api/client.ts";
import type { Endpoint } from "../../src/api/endpoint.ts";
import { systemClock } from "../../src/clock.ts";

/** Looks where redis runs now; undefined or a rejection: nowhere at present. */
export type Find = () => Promise<string | undefined>;

/** Asks all members at once, through the client, and believes the first that answers: any of them may be down. */
export function askMembers(endpoints: readonly Endpoint[]): Find {
  return async () => {
    const answered = new AbortController();
    const ask = async (endpoint: Endpoint) => {
      const client = createClient({ endpoint, clock: systemClock, signal: answered.signal });
      const { units } = await client.units({ names: ["app-redis.service"] });
      return units[0]?.observed.find(({ active }) => active === "active")?.machine.address;
    };
    return Promise.any(endpoints.map(ask)).finally(() => answered.abort());
  };
}

/** How long a machine may take to accept a connection; on the rig's bridge it takes less than one. */
const ACCEPT_MS_MAX = 30;

/** Tries redis's port on every machine: asking the cluster would be work for the leader, and be measured too. */
export function knockEverywhere(addresses: readonly string[]): Find {
  const knock = (host: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host, port: 6379 });
      const end = (settle: () => void) => {
        socket.destroy();
        settle();
      };
      socket.setTimeout(ACCEPT_MS_MAX, () => end(() => reject(new Error("silent"))));
      socket.on("connect", () => end(() => resolve(host)));
      socket.on("error", reject);
    });
  return () => Promise.any(addresses.map(knock));
}
