import { systemClock } from "../clock.ts";
import { createReplica, type Replica } from "../cluster/replica.ts";
import { saveState } from "../cluster/snapshot.ts";
import { emptyState } from "../cluster/state.ts";
import { FlotillaError } from "../error.ts";
import { defaultLease } from "../lease/bound.ts";
import type { Log } from "../log.ts";
import type { Consensus } from "../raft/consensus.ts";
import { openDisk } from "../raft/disk.ts";
import { foundMember, isBlank } from "../raft/found.ts";
import { openIdentity } from "../raft/identity.ts";
import { openMember } from "../raft/member.ts";
import { createTlsTransport } from "../raft/tls-transport.ts";
import type { Transport } from "../raft/transport.ts";
import type { Config } from "./config.ts";
import { readCredentials } from "./keys.ts";

/** Nobody to talk to: the transport of a cluster of one. */
const loneTransport: Transport = {
  open: async () => {},
  setPeers: () => {},
  send: () => {},
  close: async () => {},
};

/** `host:port` of this member; a lone one has none that anybody could use. */
const addressOf = ({ listen }: Config): string => (listen ? `${listen.host}:${listen.port}` : "127.0.0.1:0");

/** This member's Raft id. Makes the data directory's identity if it is empty. */
export async function identify(config: Config): Promise<{ readonly cluster: string; readonly id: string }> {
  const cluster = config.cluster ?? `alone-${config.name}`;
  return openIdentity(openDisk(config.data_dir), { cluster, name: config.name });
}

/** Makes this member the first and only one of a new cluster. Throws "data-directory-used". */
export async function found(config: Config): Promise<void> {
  const { cluster, id } = await identify(config);
  const state = saveState({ ...emptyState(defaultLease), cluster });
  await foundMember(openDisk(config.data_dir), { members: [{ id, address: addressOf(config) }], state });
}

/** Opens this member's part of the cluster; a lone one founds its cluster when its data directory is empty. */
export async function join(
  config: Config,
  log: Log,
  end: (reason: FlotillaError) => void,
): Promise<{ readonly consensus: Consensus; readonly replica: Replica; readonly cluster: string }> {
  const disk = openDisk(config.data_dir);
  const { cluster, id } = await identify(config);
  if (!config.listen && (await isBlank(disk))) await found(config);
  const replica = createReplica(systemClock);
  const consensus = await openMember({
    id,
    disk,
    transport: transportOf(config, cluster, id, log),
    stateMachine: replica,
    clock: systemClock,
    random: Math.random,
    log,
    onFatal: end,
    onRemoved: () =>
      end(new FlotillaError("member-removed", "this member was removed from the cluster", { at: id })),
    isPromoting: true,
  });
  return { consensus, replica, cluster };
}

function transportOf(config: Config, cluster: string, id: string, log: Log): Transport {
  const { listen, tls } = config;
  if (!listen || !tls) return loneTransport;
  const credentials = readCredentials(tls);
  const address = addressOf(config);
  return createTlsTransport({
    cluster,
    id,
    listen,
    address,
    credentials,
    clock: systemClock,
    random: Math.random,
    log,
  });
}
