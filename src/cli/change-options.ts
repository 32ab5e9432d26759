import { type Command, InvalidArgumentError } from "commander";

/** How the verbs that change units wait for what they asked. */
export interface WaitOptions {
  readonly block: boolean;
  readonly blockAttempts?: number;
  readonly timeout?: number;
}

/** One of fleetctl's attempts, as measured there. */
const blockAttemptMs = 2000;
/** Longer than systemd's own start and stop timeouts (90 s each) one after the other. */
const defaultTimeoutMs = 300_000;

export function addWaitOptions(command: Command): Command {
  return command
    .option("--no-block", "return as soon as it is asked for")
    .option("--block-attempts <n>", "wait n times 2 s, also for a machine that can take the unit", atLeast(1))
    .option("--timeout <seconds>", "wait this long, also for a machine that can take the unit", atLeast(0));
}

export function timeoutMsOf({ timeout, blockAttempts }: WaitOptions): number {
  if (timeout !== undefined) return timeout * 1000;
  return blockAttempts === undefined ? defaultTimeoutMs : blockAttempts * blockAttemptMs;
}

/** With a time of one's own choice one waits for machines, too. */
export function isPatient({ timeout, blockAttempts }: WaitOptions): boolean {
  return timeout !== undefined || blockAttempts !== undefined;
}

/** A number option that commander refuses below `least`. */
export function atLeast(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== "" && number >= least && Number.isFinite(number)) return number;
    throw new InvalidArgumentError(`It takes a number of at least ${least}.`);
  };
}

export function addSourceOptions(command: Command): Command {
  return command
    .option("--replace", "give the cluster the contents of the file even if it has others")
    .option("--set <name=value>", "a parameter of a unit template; repeatable", addSetting)
    .option("--values <file>", "parameters of a unit template in TOML or JSON");
}

const addSetting = (setting: string, before: readonly string[] = []) => [...before, setting];
