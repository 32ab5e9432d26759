import type { Clock } from "../clock.ts";
import { describeError, FlotillaError } from "../error.ts";
import type { Log } from "../log.ts";
import { duePromotion, type Presence } from "./changes.ts";
import { type Message, roleOf } from "./engine.ts";
import { type Core, handleReady } from "./ready.ts";

/** Everything that happens to the engine happens here, one thing after another. */
export interface Loop {
  /** Starts a turn, if none is under way. */
  wake(): void;
  receive(message: Message): void;
  /** Runs `task` between two turns of the engine. */
  ask<T>(task: () => T): Promise<T>;
  /** Stops the member: it sends, saves and answers nothing more. */
  stop(error: FlotillaError): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tickMs: number;
  readonly isPromoting: boolean;
  readonly onFatal: (error: FlotillaError) => void;
  /** This member learnt that it was removed. */
  readonly onLeft: () => void;
}

// Raft repeats what is lost; memory is not.
const maxWaitingMessages = 4096;

export function startLoop(core: Core, presence: Presence, options: LoopOptions): Loop {
  const { clock, log } = options;
  let tasks: (() => void)[] = [];
  let waitingMessages = 0;
  let isRunning = false;
  let cancelTick: (() => void) | undefined;
  let onIdle = () => {};

  const halt = (error: FlotillaError) => {
    core.stopped ??= error;
    cancelTick?.();
    core.proposals.close(error);
    core.reads.abandon(error);
  };
  const tick = () => {
    core.node.tick();
    const promotion = options.isPromoting ? duePromotion(core, presence) : undefined;
    if (!promotion) return;
    core.proposals.add(promotion).catch((error) => log("info", `no promotion: ${describeError(error)}`));
  };
  // Nobody waits for the heartbeats of a leader that is alone. Ticks that a slow disk delayed are not made up for:
  // they would start an election that nobody needs.
  const armTick = () => {
    const isAlone = roleOf(core.node) === "leader" && core.node.raft.prs.progress.size === 1;
    if (cancelTick || core.stopped || isAlone) return;
    cancelTick = clock.after(options.tickMs, () => {
      cancelTick = undefined;
      tasks.push(tick);
      wake();
    });
  };
  const runTasks = () => {
    while (tasks.length > 0) {
      const due = tasks;
      tasks = [];
      waitingMessages = 0;
      for (const task of due) task();
    }
    core.proposals.flush();
    core.reads.flush();
  };
  const run = async () => {
    try {
      while (!core.stopped) {
        runTasks();
        if (!core.node.hasReady()) break;
        await handleReady(core, core.node.ready());
        if (core.membership.isRemoved(core.node.raft.id) && !core.stopped) options.onLeft();
      }
    } catch (cause) {
      halt(failed(cause));
      options.onFatal(failed(cause));
    }
    isRunning = false;
    armTick();
    onIdle();
  };
  const wake = () => {
    if (isRunning || core.stopped) return;
    isRunning = true;
    queueMicrotask(run);
  };

  return {
    wake,
    receive: (message) => {
      if (waitingMessages >= maxWaitingMessages) return;
      waitingMessages++;
      tasks.push(() => core.node.step(message));
      wake();
    },
    ask: (task) =>
      new Promise((resolve, reject) => {
        if (core.stopped) return reject(core.stopped);
        tasks.push(() => {
          try {
            resolve(task());
          } catch (error) {
            reject(error);
          }
        });
        wake();
      }),
    stop: async (error) => {
      halt(error);
      if (isRunning) await new Promise<void>((resolve) => (onIdle = resolve));
    },
  };
}

function failed(cause: unknown): FlotillaError {
  return new FlotillaError("member-failed", "the member stopped: what it saved last is uncertain", { cause });
}
