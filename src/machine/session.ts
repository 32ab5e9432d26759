import type { Duplex } from "node:stream";
import type { Clock } from "../clock.ts";
import { FlotillaError } from "../error.ts";
import { withDeadline } from "./deadline.ts";
import { type Inventory, malformedLine, parseInventory, refusal } from "./inventory.ts";
import type { Lifetime } from "./lifetime.ts";
import { readLines } from "./lines.ts";

/** The machine's clock (CLOCK_BOOTTIME, centiseconds) and when its answer arrived on ours. */
export interface ClockReading {
  readonly machineCs: number;
  readonly receivedAtMs: number;
}

export type Renewal = "ok" | "far" | "boot";

/** The registered session: while it is open, this connection is the only one that the machine obeys. */
export interface Session {
  readonly inventory: Inventory;
  readonly reading: ClockReading;
  /** Stays pending until the machine answers or the connection ends; the caller keeps at most one outstanding. */
  renew(deadlineCs: number): Promise<Renewal>;
  gate(unit: string, generation: number, where?: string): Promise<void>;
  ungate(unit: string): Promise<void>;
  /** Notes on the machine that the unit was started in this generation. */
  markStarted(unit: string, generation: number): Promise<void>;
  forget(unit: string): Promise<void>;
}

export interface SessionOptions {
  readonly at: string;
  readonly clock: Clock;
  readonly life: Lifetime;
  /** What the session's process said on stderr. */
  readonly stderr: () => string;
}

interface Question {
  resolve(answer: string): void;
  reject(error: FlotillaError): void;
}

/** The script waits up to 10 s for its lock and 5 s for each earlier connection to die. */
const registerLimitMs = 20_000;
/** A reading is good for 2 s (rule 3 of the lease); when nothing else brings a new one, we ask for it. */
const readingAgeMs = 1_000;
const inventoryLinesMax = 20_000;
const questionsMax = 1_024;

/** Speaks with the session script on `channel`. Rejects with "session-..." or "timeout"; later faults end `life`. */
export async function openSession(channel: Duplex, options: SessionOptions): Promise<Session> {
  const { at, clock, life, stderr } = options;
  const questions: Question[] = [];
  let reading: ClockReading = { machineCs: 0, receivedAtMs: 0 };

  const answer = (line: string) => {
    const [, word, now] = /^(ok|far|boot|bad) (\d{1,15})$/.exec(line) ?? [];
    const question = questions.shift();
    if (!word || !question) return life.end(malformedLine(line));
    reading = { machineCs: Number(now), receivedAtMs: clock.now() };
    question.resolve(word);
  };
  const ask = (...words: readonly (string | number)[]) =>
    new Promise<string>((resolve, reject) => {
      if (life.reason) throw life.reason;
      if (questions.length >= questionsMax)
        throw new FlotillaError("session-busy", "too many questions", { at });
      questions.push({ resolve, reject });
      channel.write(`${words.join(" ")}\n`);
    });
  const order = async (...words: readonly (string | number)[]) => {
    const word = await ask(...words);
    if (word !== "ok") throw new FlotillaError("session-bad-request", `${words.join(" ")}: ${word}`, { at });
  };

  const ended = () =>
    life.end(new FlotillaError("session-ended", `the session ended: ${stderr() || "no reason"}`, { at }));
  channel.on("error", ended).on("end", ended).on("close", ended);
  life.onEnd((reason) => {
    for (const question of questions.splice(0)) question.reject(reason);
  });
  const registering = register(channel, options, answer);
  const { inventory, ...first } = await withDeadline(registering, {
    clock,
    limitMs: registerLimitMs,
    what: "registering",
    at,
  });
  reading = first.reading;
  every(readingAgeMs, options, () => {
    // Whatever is unanswered already will bring a reading.
    if (questions.length === 0 && clock.now() - reading.receivedAtMs >= readingAgeMs)
      ask("clock").catch(() => {});
  });
  return {
    inventory,
    get reading() {
      return reading;
    },
    renew: async (deadlineCs) => {
      const word = await ask("renew", inventory.bootId, deadlineCs);
      if (word === "ok" || word === "far" || word === "boot") return word;
      throw new FlotillaError("session-bad-request", `renew ${deadlineCs}: ${word}`, { at });
    },
    gate: (unit, generation, where) =>
      order("gate", unit, generation, ...(where === undefined ? [] : [where])),
    ungate: (unit) => order("ungate", unit),
    markStarted: (unit, generation) => order("started", unit, generation),
    forget: (unit) => order("forget", unit),
  };
}

/** Reads the inventory; every line after its end is an answer. */
function register(
  channel: Duplex,
  { at, clock, life }: SessionOptions,
  answer: (line: string) => void,
): Promise<{ inventory: Inventory; reading: ClockReading }> {
  const lines: string[] = [];
  let receivedAtMs = 0;
  let isRegistered = false;
  return new Promise((resolve, reject) => {
    life.onEnd(reject);
    const receive = (line: string) => {
      if (life.reason) return;
      if (line.startsWith("refused")) return life.end(refusal(line, at));
      if (isRegistered) return answer(line);
      if (line !== "end") {
        if (lines.length === 0) receivedAtMs = clock.now();
        if (lines.push(line) > inventoryLinesMax) life.end(malformedLine("an inventory without end"));
        return;
      }
      isRegistered = true;
      const parsed = parseInventory(lines);
      if (parsed instanceof FlotillaError) return life.end(parsed);
      resolve({ inventory: parsed.inventory, reading: { machineCs: parsed.machineCs, receivedAtMs } });
    };
    readLines(channel, receive, () => life.end(malformedLine("a line without end")));
  });
}

/** Runs `run` again and again while the session lives. */
function every(periodMs: number, { clock, life }: SessionOptions, run: () => void): void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(periodMs, () => {
      run();
      next();
    });
  };
  next();
  life.onEnd(() => cancel());
}
