import { Duplex } from "node:stream";
import type { Clock } from "../../../src/clock.ts";
import { FlotillaError } from "../../../src/error.ts";
import { createLifetime, type Lifetime } from "../../../src/machine/lifetime.ts";
import type { Life } from "../clock.ts";
import type { World } from "../whole/world.ts";
import type { Boot, SimulatedMachine } from "./machine.ts";
import { registerSession, type SessionEnd } from "./session.ts";
import { createWire } from "./wire.ts";

/** Who connects: one process of a member, with its own clock. */
export interface Caller {
  readonly id: string;
  readonly life: Life;
  readonly clock: Clock;
  /** What its kernel closes when it dies. */
  readonly connections: Set<SimulatedConnection>;
}

/** Both ends of one SSH connection. Either end can be gone while the other does not know it yet. */
export interface SimulatedConnection {
  readonly life: Lifetime;
  readonly channel: Duplex;
  /** Runs on the machine, after what was sent before; `run` says its answer, which travels back. */
  ask<T>(order: Order<T>): Promise<T>;
  /** Says something to the caller that it has not asked for. */
  tell(event: () => void): void;
  announced(listener: (isComing: boolean) => void): void;
  /** The caller's process has died: what it sent is still on its way, unless its power is gone too. */
  drop(isSilent: boolean): void;
}

export interface Order<T> {
  readonly what: string;
  /** In PID 1, or in a process of the connection. */
  readonly by: "systemd" | "files";
  readonly run: (boot: Boot, answer: (value: T) => void, refuse: (error: FlotillaError) => void) => void;
}

const keepaliveMs = 500;
const keepaliveCount = 3;
const idleMs = 30_000;

/** An established connection to the machine's present boot: it registers at once, and serves what it is asked. */
export function openConnection(
  machine: SimulatedMachine,
  boot: Boot,
  caller: Caller,
  as: { readonly cluster: string; readonly epoch: number; readonly seq: number },
  world: World,
): SimulatedConnection {
  const { clock, random, net, judge } = world;
  const life = createLifetime();
  const at = machine.id;
  const up = createWire({
    clock,
    random,
    isCut: () => net.isCut(caller.id, at),
    lateMs: () => net.lateMs(at),
  });
  const down = createWire({
    clock,
    random,
    isCut: () => net.isCut(at, caller.id),
    lateMs: () => net.lateMs(caller.id),
  });
  let session: SessionEnd | undefined;
  let isServed = true;
  let heardAtMs = caller.clock.now();
  let onAnnounce: (isComing: boolean) => void = () => {};

  const hear = (event: () => void) =>
    caller.life.happen(() => {
      heardAtMs = caller.clock.now();
      if (!life.reason) event();
    });
  const reset = (code: string) =>
    down.send(() => hear(() => life.end(new FlotillaError(code, "the connection was reset", { at }))));
  /** The machine's end is gone: everything that comes for it is answered by a reset. */
  const hangUp = (): void => {
    if (!isServed) return;
    isServed = false;
    boot.connections.delete(end);
    reset("machine-disconnected");
  };
  const end = {
    cut: hangUp,
    announce: (isComing: boolean) => down.send(() => hear(() => onAnnounce(isComing))),
  };
  const toMachine = (arrive: () => void) =>
    up.send(() => {
      if (machine.boot === boot && isServed) boot.life.happen(() => isServed && arrive());
      // Switched off, it says nothing; another boot knows no such connection.
      else if (machine.boot) reset("machine-disconnected");
    });

  const channel = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      const line = chunk.toString().trimEnd();
      toMachine(() => {
        idleSince = world.clock.now();
        session?.take(line);
      });
      done();
    },
  });
  const say = (line: string) => down.send(() => hear(() => channel.push(`${line}\n`)));
  let idleSince = clock.now();
  const watchIdle = () => {
    if (!isServed) return;
    if (clock.now() - idleSince > idleMs || (session && !session.isRegistered())) hangUp();
    else boot.life.clock.after(1_000, watchIdle);
  };
  toMachine(() => {
    boot.connections.add(end);
    session = registerSession(
      boot,
      {
        ...{ ...as, machineId: machine.id, say },
        cutOthers: () => {
          for (const other of boot.connections) if (other !== end) other.cut();
        },
      },
      world,
    );
    if (!session) hangUp();
    watchIdle();
  });

  const keepAlive = (): void => {
    caller.clock.after(keepaliveMs, () => {
      if (life.reason) return;
      if (caller.clock.now() - heardAtMs > keepaliveMs * (keepaliveCount + 1))
        return life.end(new FlotillaError("machine-silent", "keepalives are not answered", { at }));
      toMachine(() => down.send(() => hear(() => {})));
      keepAlive();
    });
  };
  keepAlive();
  life.onEnd(() => {
    // What was sent is on its way; the end of it comes behind.
    toMachine(hangUp);
    channel.destroy();
  });

  const order = <T>({ what, by, run }: Order<T>): Promise<T> =>
    life.during(
      new Promise<T>((resolve, reject) => {
        if (life.reason) return reject(life.reason);
        toMachine(() => {
          const doer = by === "systemd" ? boot.pid1 : boot.life;
          doer.clock.after(by === "systemd" ? random() : random() * 5, () => {
            // What PID 1 has read it does; a process of a connection dies with it.
            if (!isServed && by === "files") return;
            if (!session) return;
            if (by === "files") judge.stepped(at, boot.id, as.epoch, as.seq, what);
            run(
              boot,
              (value) => isServed && down.send(() => hear(() => resolve(value))),
              (error) => isServed && down.send(() => hear(() => reject(error))),
            );
          });
        });
      }),
    );
  const connection: SimulatedConnection = {
    life,
    channel,
    ask: order,
    tell: (event) => {
      if (isServed) down.send(() => hear(event));
    },
    announced: (listener) => {
      onAnnounce = listener;
    },
    drop: (isSilent) => (isSilent ? up.destroy() : toMachine(hangUp)),
  };
  caller.connections.add(connection);
  life.onEnd(() => void caller.connections.delete(connection));
  return connection;
}
