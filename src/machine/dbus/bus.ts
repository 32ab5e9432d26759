import type { Duplex } from "node:stream";
import type { Clock } from "../../clock.ts";
import { FlotillaError } from "../../error.ts";
import { withDeadline } from "../deadline.ts";
import type { Lifetime } from "../lifetime.ts";
import { authRequest, createFramer } from "./frames.ts";
import { decodeMessage, encodeCall, type Message, type MethodCall } from "./message.ts";
import type { Value } from "./value.ts";

export type Signal = Extract<Message, { kind: "signal" }>;

/** A D-Bus peer, as systemd's private socket is one: no daemon between, so no Hello and no match rules. */
export interface Bus {
  /** One round trip. Rejects with "dbus-...", "systemd-..." (the peer's error), "timeout", or why the connection ended. */
  call(call: MethodCall, limitMs?: number): Promise<readonly Value[]>;
  /** Every signal, in the order of arrival; replies that came before it have settled their promises. */
  onSignal(listener: (signal: Signal) => void): void;
}

export interface BusOptions {
  readonly at: string;
  readonly clock: Clock;
  readonly life: Lifetime;
  /** Of the user that the machine sees at its end of the stream. */
  readonly uid: number;
}

interface Waiting {
  settle(body: readonly Value[]): void;
  fail(error: FlotillaError): void;
}

/** D-Bus's own default. */
const callLimitMs = 25_000;
const callsMax = 10_000;

/** Speaks D-Bus on `stream` once it is authenticated. A malformed message ends the life that it shares with its connection. */
export async function openBus(stream: Duplex, { at, clock, life, uid }: BusOptions): Promise<Bus> {
  const waiting = new Map<number, Waiting>();
  const listeners: ((signal: Signal) => void)[] = [];
  let serial = 0;

  const receive = (message: Message) => {
    if (message.kind === "signal") for (const listener of listeners) listener(message);
    if (message.kind === "return") waiting.get(message.replySerial)?.settle(message.body);
    if (message.kind === "error")
      waiting.get(message.replySerial)?.fail(busError(message.name, message.body, at));
  };
  const authenticated = new Promise<void>((resolve) => {
    const frames = createFramer(resolve, (bytes) => receive(decodeMessage(bytes)));
    stream.on("data", (chunk: Buffer) => {
      if (life.reason) return;
      try {
        frames(chunk);
      } catch (cause) {
        life.end(new FlotillaError("dbus-malformed", "systemd's D-Bus cannot be understood", { at, cause }));
      }
    });
  });
  const lost = () => life.end(new FlotillaError("dbus-closed", "systemd's D-Bus was closed", { at }));
  stream.on("error", lost).on("end", lost).on("close", lost);
  life.onEnd((reason) => {
    for (const call of waiting.values()) call.fail(reason);
  });
  stream.write(authRequest(uid));
  await withDeadline(life.during(authenticated), { clock, limitMs: callLimitMs, what: "authenticating", at });

  return {
    call: (call, limitMs = callLimitMs) =>
      new Promise((resolve, reject) => {
        if (life.reason) throw life.reason;
        if (waiting.size >= callsMax)
          throw new FlotillaError("dbus-busy", `${callsMax} calls are pending`, { at });
        const id = ++serial;
        const late = () =>
          waiting.get(id)?.fail(new FlotillaError("timeout", `${call.member}: no answer`, { at }));
        const cancel = clock.after(limitMs, late);
        const done = () => {
          cancel();
          waiting.delete(id);
        };
        waiting.set(id, {
          settle: (body) => {
            done();
            resolve(body);
          },
          fail: (error) => {
            done();
            reject(error);
          },
        });
        stream.write(encodeCall(id, call));
      }),
    onSignal: (listener) => void listeners.push(listener),
  };
}

/** "org.freedesktop.systemd1.NoSuchUnit" is "systemd-no-such-unit", "org.freedesktop.DBus.Error.Failed" is "dbus-failed". */
function busError(name: string, body: readonly Value[], at: string): FlotillaError {
  const last = name.slice(name.lastIndexOf(".") + 1);
  const code = last.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
  const origin = name.startsWith("org.freedesktop.systemd1.") ? "systemd" : "dbus";
  const [message] = body;
  return new FlotillaError(`${origin}-${code}`, typeof message === "string" ? message : name, { at });
}
