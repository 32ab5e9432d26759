import { type Message, MessageType } from "../../src/raft/engine.ts";
import { decodeMessage, encodeMessage } from "../../src/raft/message.ts";
import type { Transport, TransportHandler } from "../../src/raft/transport.ts";
import type { Life, VirtualClock } from "./clock.ts";

export interface NetworkFaults {
  loss: number;
  duplication: number;
  /** Chance that a message takes up to `lateMs` instead of a few milliseconds. */
  lateness: number;
  lateMs: number;
}

/** A network that loses, repeats, delays and reorders, and can be cut between any two members in either direction. */
export interface SimulatedNetwork {
  readonly faults: NetworkFaults;
  /** The transport of one process. */
  attach(id: string, life: Life): Transport;
  cut(from: string, to: string): void;
  heal(): void;
  messages(): number;
}

export function createSimulatedNetwork(clock: VirtualClock, random: () => number): SimulatedNetwork {
  const faults: NetworkFaults = { loss: 0, duplication: 0, lateness: 0, lateMs: 500 };
  const stations = new Map<string, { life: Life; handler: TransportHandler }>();
  const cuts = new Set<string>();
  let count = 0;

  const deliver = (text: string, sender: { life: Life; handler: TransportHandler }) => {
    const message = decodeMessage(text);
    const receiver = stations.get(message.to);
    const isCut = cuts.has(`${message.from}>${message.to}`);
    const isSnapshot = message.type === MessageType.MsgSnap;
    if (isSnapshot) sender.life.happen(() => sender.handler.snapshotSent(message.to, !isCut && !!receiver));
    if (isCut || !receiver) {
      sender.life.happen(() => sender.handler.unreachable(message.to));
      return;
    }
    receiver.life.happen(() => {
      if (receiver.handler.receive(message)) return;
      clock.after(1, () => sender.life.happen(() => sender.handler.removed()));
    });
  };
  const send = (message: Message, sender: { life: Life; handler: TransportHandler }) => {
    count++;
    const text = encodeMessage(message);
    const copies = random() < faults.loss ? 0 : random() < faults.duplication ? 2 : 1;
    if (copies === 0 && message.type === MessageType.MsgSnap)
      clock.after(5, () => sender.life.happen(() => sender.handler.snapshotSent(message.to, random() < 0.5)));
    for (let copy = 0; copy < copies; copy++) {
      const isLate = random() < faults.lateness;
      clock.after(0.2 + random() * (isLate ? faults.lateMs : 5), () => deliver(text, sender));
    }
  };
  return {
    faults,
    attach: (id, life) => {
      let sender: { life: Life; handler: TransportHandler } | undefined;
      return {
        open: async (handler) => {
          sender = { life, handler };
          stations.set(id, sender);
        },
        setPeers: () => {},
        send: (message) => sender && send(message, sender),
        close: async () => {
          if (stations.get(id) === sender) stations.delete(id);
        },
      };
    },
    cut: (from, to) => {
      cuts.add(`${from}>${to}`);
    },
    heal: () => cuts.clear(),
    messages: () => count,
  };
}
