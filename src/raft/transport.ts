import type { Message } from "./engine.ts";

/** What a transport tells the member that uses it. */
export interface TransportHandler {
  /** A message from a peer whose identity is proven. False when that peer was removed, and is to be told so. */
  receive(message: Message): boolean;
  /** A message to `id` was dropped. */
  unreachable(id: string): void;
  /** A snapshot for `id` left this member, or could not. */
  snapshotSent(id: string, isSent: boolean): void;
  /** A peer says that this member was removed from the cluster. */
  removed(): void;
}

/** Carries messages between members. It may lose, delay, repeat and reorder them, but never change one. */
export interface Transport {
  open(handler: TransportHandler): Promise<void>;
  /** Where the members are: Raft id to `host:port`. */
  setPeers(addresses: ReadonlyMap<string, string>): void;
  /** Never waits and never throws: what cannot be sent now is dropped and reported. */
  send(message: Message): void;
  close(): Promise<void>;
}
