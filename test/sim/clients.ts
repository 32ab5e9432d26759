import { sleep } from "../../src/clock.ts";
import { FlotillaError } from "../../src/error.ts";
import type { Process, World } from "./cluster.ts";

const patienceMs = 2000;

/** A client that writes and reads one operation after another, and repeats what failed until it is done. */
export async function runClient(
  name: string,
  processes: () => readonly Process[],
  world: World,
  untilMs: number,
): Promise<void> {
  const { clock, random, judge } = world;
  for (let seq = 1; clock.now() < untilMs; seq++) {
    await sleep(clock, random() * 100);
    const kind = random() < 0.5 ? "read" : "write";
    const end = judge.begin(kind);
    for (;;) {
      const process = pick(processes(), random);
      const index = process && (await inTime(attempt(process, kind, { client: name, seq }, world), world));
      if (index !== undefined) {
        end(index);
        break;
      }
      // Nobody knows what became of it: it stays open, as real clients' operations do.
      if (clock.now() > untilMs + 5 * patienceMs) return;
      await sleep(clock, 20 + random() * 80);
    }
  }
}

async function attempt(
  process: Process,
  kind: "read" | "write",
  write: { client: string; seq: number },
  { mutant }: World,
): Promise<number | undefined> {
  const { consensus, register } = process;
  if (!consensus || !register) return undefined;
  try {
    if (kind === "write") return Number((await consensus.propose(JSON.stringify(write))).result);
    if (mutant !== "local-reads") await consensus.confirmLeadership();
    else if (consensus.status().role !== "leader") return undefined;
    return register.visible();
  } catch (error) {
    if (error instanceof FlotillaError) return undefined;
    throw error;
  }
}

/** A process that died answers nothing. */
function inTime<T>(answer: Promise<T>, { clock }: World): Promise<T | undefined> {
  return Promise.race([answer, sleep(clock, patienceMs).then(() => undefined)]);
}

/** Whoever believes to lead, or anybody. */
function pick(processes: readonly Process[], random: () => number): Process | undefined {
  const leaders = processes.filter(({ consensus }) => consensus?.status().role === "leader");
  const among = leaders.length > 0 && random() < 0.9 ? leaders : processes;
  return among[Math.floor(random() * among.length)];
}
