import { once } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Clock } from "../clock.ts";
import { describeError, FlotillaError } from "../error.ts";
import type { Log } from "../log.ts";
import { type Message, MessageType } from "./engine.ts";
import { createFrameReader, maxFrameBytes } from "./frame.ts";
import { decodeMessage } from "./message.ts";
import {
  answers,
  type Credentials,
  createPeer,
  type Hello,
  helloSchema,
  type Peer,
  speaksFor,
} from "./peer.ts";
import type { Transport, TransportHandler } from "./transport.ts";

export interface TlsTransportOptions {
  readonly cluster: string;
  /** This member's Raft id. */
  readonly id: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** `host:port` at which the other members reach this one. */
  readonly address: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

const maxConnections = 64;
const maxStrangers = 16;
const maxHelloBytes = 1024;
const helloMs = 3000;

/** Members over TCP with mutual TLS 1.3; each dials the others and speaks only on the connections it dialled. */
export function createTlsTransport(options: TlsTransportOptions): Transport {
  const { cluster, id, address } = options;
  const peers = new Map<string, Peer>();
  // Who spoke to us and is no member as far as we know: a joiner must answer its leader before it knows the members.
  const strangers = new Map<string, Peer>();
  let handler: TransportHandler | undefined;
  let server: Server | undefined;
  const accepted = new Set<TLSSocket>();

  const dial = (to: string, at: string): Peer =>
    createPeer({
      ...options,
      address: at,
      hello: { cluster, from: id, to, address },
      onSnapshotSent: (peer, isSent) => handler?.snapshotSent(peer, isSent),
      onRemoved: () => handler?.removed(),
    });
  const keep = (kept: Map<string, Peer>, to: string, at: string | undefined) => {
    const peer = kept.get(to);
    if (peer?.address === at) return;
    peer?.close();
    kept.delete(to);
    if (at !== undefined) kept.set(to, dial(to, at));
  };
  const meet = ({ from, address: at }: Hello) => {
    if (!peers.has(from) && (strangers.has(from) || strangers.size < maxStrangers)) keep(strangers, from, at);
  };
  const part = ({ from }: Hello) => keep(strangers, from, undefined);

  return {
    open: async (listener) => {
      handler = listener;
      server = listenTls(options, (socket) => {
        accepted.add(socket);
        socket.on("close", () => accepted.delete(socket));
        readMessages(socket, options, { meet, part }, listener);
      });
      const { host, port } = options.listen;
      await once(server.listen(port, host), "listening");
    },
    setPeers: (addresses) => {
      for (const to of [...peers.keys()]) if (!addresses.has(to)) keep(peers, to, undefined);
      for (const [to, at] of addresses) {
        if (to === id) continue;
        keep(peers, to, at);
        keep(strangers, to, undefined);
      }
    },
    send: (message: Message) => {
      const peer = peers.get(message.to) ?? strangers.get(message.to);
      if (peer?.send(message)) return;
      handler?.unreachable(message.to);
      if (message.type === MessageType.MsgSnap) handler?.snapshotSent(message.to, false);
    },
    close: async () => {
      for (const peer of [...peers.values(), ...strangers.values()]) peer.close();
      for (const socket of accepted) socket.destroy();
      if (!server?.listening) return;
      await new Promise((resolve) => server?.close(resolve));
    },
  };
}

function listenTls({ credentials, log }: TlsTransportOptions, onSocket: (socket: TLSSocket) => void): Server {
  const server = createServer({ ...credentials, requestCert: true, minVersion: "TLSv1.3" }, onSocket);
  server.maxConnections = maxConnections;
  server.on("tlsClientError", (error) => log("info", `a peer was refused: ${error.message}`));
  return server;
}

/** Reads the hello and then messages; whoever says something else than it may is cut off. */
function readMessages(
  socket: TLSSocket,
  { cluster, id, clock, log }: TlsTransportOptions,
  acquaintance: { meet(hello: Hello): void; part(hello: Hello): void },
  handler: TransportHandler,
): void {
  let hello: Hello | undefined;
  const cancel = clock.after(helloMs, () => socket.destroy(new Error("no hello in time")));
  const greet = (text: string) => {
    const said = helloSchema.parse(JSON.parse(text));
    if (said.cluster !== cluster || said.to !== id || !speaksFor(socket.getPeerCertificate(), said.from))
      throw new FlotillaError("peer-refused", `${said.from} of cluster ${said.cluster} asks for ${said.to}`);
    cancel();
    hello = said;
  };
  const read = createFrameReader(
    (text) => {
      if (!hello) return greet(text);
      const message = decodeMessage(text);
      if (message.from !== hello.from || message.to !== id)
        throw new FlotillaError("peer-refused", `${hello.from} speaks for ${message.from}`);
      if (handler.receive(message)) acquaintance.meet(hello);
      else socket.end(Buffer.of(answers.removed));
    },
    () => (hello ? maxFrameBytes : maxHelloBytes),
  );
  socket.setNoDelay(true);
  socket.on("close", () => {
    cancel();
    if (hello) acquaintance.part(hello);
  });
  socket.on("error", (error) => log("debug", `a peer is gone: ${error.message}`));
  socket.on("data", (bytes) => {
    try {
      read(bytes);
      if (socket.writable) socket.write(Buffer.of(answers.alive));
    } catch (error) {
      log("warning", `a peer was cut off: ${describeError(error)}`);
      socket.destroy();
    }
  });
}
