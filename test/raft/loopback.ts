import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Log, silentLog } from "../../src/log.ts";
import type { Consensus } from "../../src/raft/consensus.ts";
import { openDisk } from "../../src/raft/disk.ts";
import { foundMember } from "../../src/raft/found.ts";
import { nameOf, openIdentity } from "../../src/raft/identity.ts";
import { openMember } from "../../src/raft/member.ts";
import type { Credentials } from "../../src/raft/peer.ts";
import { createTlsTransport } from "../../src/raft/tls-transport.ts";
import { createAuthority } from "./certificates.ts";

/** A place for a member: its id, its port on the loopback interface, its certificate. */
export interface Seat {
  readonly id: string;
  readonly port: number;
  readonly credentials: Credentials;
}

export const addressOf = ({ port }: Seat) => `127.0.0.1:${port}`;

/** Real members with real disks and mutual TLS, all in this process. */
export async function createLoopback() {
  const root = mkdtempSync(join(tmpdir(), "flotilla-raft-"));
  const authority = await createAuthority();
  const diskOf = (name: string) => openDisk(join(root, name));

  const seat = async (name: string, credentials?: Credentials): Promise<Seat> => {
    const { id } = await openIdentity(diskOf(name), { cluster: "c", name });
    return { id, port: await freePort(), credentials: credentials ?? (await authority.issue(name)) };
  };
  const transportOf = (at: Seat, log: Log = silentLog) =>
    createTlsTransport({
      ...at,
      cluster: "c",
      listen: { host: "127.0.0.1", port: at.port },
      address: addressOf(at),
      clock: systemClock,
      random: Math.random,
      log,
    });
  return {
    authority,
    seat,
    transportOf,
    found: async (seats: readonly Seat[]) => {
      const members = seats.map((at) => ({ id: at.id, address: addressOf(at) }));
      for (const { id } of seats) await foundMember(diskOf(nameOf(id)), { members, state: "[]" });
    },
    openSeat: async (at: Seat, onRemoved = () => {}) => {
      const items: string[] = [];
      const member = await openMember({
        id: at.id,
        disk: diskOf(nameOf(at.id)),
        transport: transportOf(at),
        stateMachine: {
          apply: ({ data }) => items.push(data),
          snapshot: () => JSON.stringify(items),
          restore: (text) => {
            items.splice(0, items.length, ...JSON.parse(text));
          },
        },
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        compactBytes: 20_000,
        onFatal: (error) => {
          throw error;
        },
        onRemoved,
      });
      return { member, items };
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === "string" || !address) throw new Error("no port");
  return address.port;
}

export async function until<T>(what: string, find: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + 8000; Date.now() < end; await sleep(systemClock, 2)) {
    const found = find();
    if (found) return found;
  }
  throw new Error(`not within 8 s: ${what}`);
}

export const leaderOf = (members: Iterable<Consensus>) =>
  until("a leader", () => [...members].find((member) => member.status().role === "leader"));
