import type { PeerCertificate } from "node:tls";
import { connect, type TLSSocket } from "node:tls";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { type Message, MessageType } from "./engine.ts";
import { encodeFrame } from "./frame.ts";
import { nameOf } from "./identity.ts";
import { encodeMessage } from "./message.ts";

/** What proves who this member is, as PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The first frame of a connection: who speaks, to whom, and where the speaker itself can be reached. */
export const helloSchema = z.object({
  cluster: z.string(),
  from: z.string(),
  to: z.string(),
  address: z.string(),
});
export type Hello = z.infer<typeof helloSchema>;

/** What the receiver of messages writes back, one byte for each piece that arrived. */
export const answers = { alive: 0, removed: 1 } as const;

/** The way to another member, in one direction; that member has its own way back. */
export interface Peer {
  readonly address: string;
  /** False when the message was dropped. */
  send(message: Message): boolean;
  close(): void;
}

export interface PeerOptions {
  readonly hello: Hello;
  /** `host:port` of the peer. */
  readonly address: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly onSnapshotSent: (id: string, isSent: boolean) => void;
  readonly onRemoved: () => void;
}

const maxQueuedBytes = 16 << 20;
// A peer that lost its power answers nothing, and TCP alone would wait for minutes.
const silenceMs = 2000;
const firstDelayMs = 50;
const maxDelayMs = 1000;

/** Keeps a connection to a peer; what is sent while there is none is dropped. */
export function createPeer(options: PeerOptions): Peer {
  const { hello, address, clock, random, log, onSnapshotSent } = options;
  let socket: TLSSocket | undefined;
  let isOpen = false;
  let isClosed = false;
  let delayMs = firstDelayMs;
  let unansweredSince: number | undefined;
  let cancel = () => {};

  const dial = () => {
    isOpen = false;
    unansweredSince = undefined;
    const current = dialPeer(options);
    socket = current;
    cancel = clock.after(silenceMs, () => current.destroy(new Error("no answer in time")));
    current.on("secureConnect", () => {
      cancel();
      isOpen = true;
      current.write(encodeFrame(JSON.stringify(hello)));
    });
    current.on("data", (bytes) => {
      delayMs = firstDelayMs;
      unansweredSince = undefined;
      if (bytes.includes(answers.removed)) options.onRemoved();
    });
    current.on("error", (error) =>
      log("debug", `no connection: ${error.message}`, { peer: hello.to, address }),
    );
    current.on("close", () => {
      cancel();
      isOpen = false;
      if (isClosed) return;
      // Half of the delay at random, so that members that lost each other do not knock in step.
      cancel = clock.after(delayMs * (0.5 + random() / 2), dial);
      delayMs = Math.min(2 * delayMs, maxDelayMs);
    });
  };
  dial();

  return {
    address,
    send: (message) => {
      if (!socket || !isOpen || socket.writableLength > maxQueuedBytes) return false;
      const now = clock.now();
      if (unansweredSince !== undefined && now - unansweredSince > silenceMs) {
        isOpen = false;
        socket.destroy(new Error("the peer does not answer"));
        return false;
      }
      unansweredSince ??= now;
      const isSnapshot = message.type === MessageType.MsgSnap;
      const done = isSnapshot ? (error?: Error | null) => onSnapshotSent(hello.to, !error) : undefined;
      socket.write(encodeFrame(encodeMessage(message)), done);
      return true;
    },
    close: () => {
      isClosed = true;
      cancel();
      socket?.destroy();
    },
  };
}

function dialPeer({ address, hello, credentials }: PeerOptions): TLSSocket {
  const split = address.lastIndexOf(":");
  const host = address.slice(0, split).replace(/^\[|\]$/g, "");
  const socket = connect({
    host,
    port: Number(address.slice(split + 1)),
    ...credentials,
    minVersion: "TLSv1.3",
    checkServerIdentity: (_, certificate) =>
      speaksFor(certificate, hello.to) ? undefined : new Error(`the certificate is not ${hello.to}'s`),
  });
  socket.setNoDelay(true);
  return socket;
}

/** Whether a certificate of our authority is the one of member `id`: its common name is the member's name or id. */
export function speaksFor(certificate: PeerCertificate, id: string): boolean {
  const name = certificate.subject?.CN;
  return name !== undefined && (name === id || name === nameOf(id));
}
