import { furthestDeadlineCs } from "../../../src/lease/places.ts";
import type { World } from "../whole/world.ts";
import type { Boot } from "./machine.ts";

/** The machine's end of one registered connection: the session script, in the simulator's language. */
export interface SessionEnd {
  readonly epoch: number;
  readonly seq: number;
  isRegistered(): boolean;
  /** Answers one line. */
  take(line: string): void;
}

export interface SessionArguments {
  readonly cluster: string;
  readonly epoch: number;
  readonly seq: number;
  readonly machineId: string;
  /** Towards the leader. */
  readonly say: (line: string) => void;
  /** Cuts every earlier connection. */
  readonly cutOthers: () => void;
}

/** Registers, lists, and answers from then on; undefined when it was refused. */
export function registerSession(
  { run, systemd, files, id: bootId, nowCs }: Boot,
  { cluster, epoch, seq, machineId, say, cutOthers }: SessionArguments,
  { judge, mutant, clock }: World,
): SessionEnd | undefined {
  const before = run.registered;
  const isNewer = !before || epoch > before.epoch || (epoch === before.epoch && seq > before.seq);
  if (before && before.cluster !== cluster) return void say(`refused cluster ${before.cluster}`);
  if (!isNewer && mutant !== "no-epoch-check")
    return void say(`refused epoch ${before?.epoch} ${before?.seq}`);
  run.registered = { cluster, epoch, seq };
  judge.registered(machineId, bootId, epoch, seq);
  if (mutant !== "no-cut") cutOthers();

  const isRegistered = () =>
    mutant === "no-epoch-check" ||
    mutant === "no-cut" ||
    (run.registered?.epoch === epoch && run.registered.seq === seq);
  const renew = (boot: string, deadline: number): string => {
    if (boot !== bootId && mutant !== "reading-kept") return "boot";
    if (deadline > nowCs() + furthestDeadlineCs) return "far";
    run.deadlineCs = mutant === "relative-ttl" ? nowCs() + 300 : deadline;
    return "ok";
  };
  const isMounted = (path: string | undefined) =>
    [...systemd.cells()].some(({ copy }) => copy?.mount?.where === path);
  const act = (line: string): string => {
    const [verb, unit = "", value = "", where] = line.split(" ");
    switch (verb) {
      case "clock":
        return "ok";
      case "renew":
        return renew(unit, Number(value));
      case "gate":
        if (where !== undefined) run.mounts.set(unit, where);
        run.gates.set(unit, Number(value));
        return "ok";
      case "ungate":
        run.gates.delete(unit);
        return "ok";
      case "started":
        run.started.set(unit, Number(value));
        return "ok";
      case "forget":
        if (run.mounts.has(unit) && isMounted(run.mounts.get(unit))) return "bad";
        run.mounts.delete(unit);
        run.started.delete(unit);
        return "ok";
      default:
        return "bad";
    }
  };

  say(`hello ${nowCs()} ${bootId} ${machineId}`);
  for (const path of files.keys()) {
    const [, unit] = /\/([^/]+)\.d\/zz-flotilla\.conf$/.exec(path) ?? [];
    if (unit) say(`unit ${unit}`);
  }
  for (const [unit, generation] of run.gates) say(`gate ${unit} ${generation}`);
  for (const [unit, generation] of run.started) say(`started ${unit} ${generation}`);
  for (const [unit, path] of run.mounts) say(`mount ${unit} ${path}`);
  say(`fenced ${run.fenced.size}`);
  say("end");
  return {
    epoch,
    seq,
    isRegistered,
    take: (line) => {
      if (!isRegistered()) return say("refused superseded");
      if (line !== "clock")
        judge.stepped(machineId, bootId, epoch, seq, `${line} at ${clock.now().toFixed(1)}`);
      say(`${act(line)} ${nowCs()}`);
    },
  };
}
