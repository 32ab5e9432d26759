import type { Leading } from "../../../src/api/routes.ts";
import { sleep } from "../../../src/clock.ts";
import type { Desired } from "../../../src/cluster/state.ts";
import { FlotillaError } from "../../../src/error.ts";
import type { SimulatedMachine } from "../machine/machine.ts";
import type { SimulatedMember } from "./member.ts";
import { texts, type UnitText } from "./units.ts";
import type { World } from "./world.ts";

const patienceMs = 4_000;
export interface Operators {
  /** One order, repeated under its key until somebody answers it; false when it was refused, or nobody did. */
  order(
    what: string,
    run: (leading: Leading, key: string) => Promise<unknown>,
    untilMs: number,
  ): Promise<boolean>;
  enrol(machine: SimulatedMachine, untilMs: number): Promise<boolean>;
  submit(unit: UnitText, desired: Desired | undefined, untilMs: number): Promise<boolean>;
  /** Destroys a unit on a machine that `cut` has just cut off, and wants it back at once. */
  haste(untilMs: number, cut: (machine: string) => void): Promise<unknown>;
  /** Does one thing that people do at a bad moment. */
  meddle(untilMs: number): Promise<unknown>;
}

export function createOperators(
  members: readonly SimulatedMember[],
  machines: readonly SimulatedMachine[],
  world: World,
): Operators {
  const { clock, random, judge, trace } = world;
  let keys = 0;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

  const order: Operators["order"] = async (what, run, untilMs) => {
    const key = `k${++keys}`;
    trace(`operator: ${what} (${key})`);
    while (clock.now() < untilMs) {
      const leading = pick(members.flatMap(({ running }) => running?.leadership?.leading() ?? []));
      const outcome = leading && (await inTime(run(leading, key)));
      if (outcome === "done") judge.acknowledged(key);
      // Its answer may be lost on the way: then it asks again, perhaps much later.
      if (outcome === "done" && random() < 0.8) return true;
      if (outcome === "done") await sleep(clock, random() * 8_000);
      if (outcome === "refused") return false;
      await sleep(clock, 100 + random() * 400);
    }
    return false;
  };
  const inTime = (work: Promise<unknown>): Promise<"done" | "refused" | "unknown"> =>
    Promise.race([
      work.then(
        () => "done" as const,
        (error: unknown) => (error instanceof FlotillaError && isFinal(error.code) ? "refused" : "unknown"),
      ),
      sleep(clock, patienceMs).then(() => "unknown" as const),
    ]);
  const enrol = (machine: SimulatedMachine, untilMs: number) =>
    order(
      `enrol ${machine.id}`,
      ({ orders }, key) =>
        orders.enrol(
          {
            ...{ id: machine.id, address: machine.id, port: 22, user: "root", hostKey: "x", metadata: {} },
            isExclusiveCapable: true,
            clockRatePpm: machine.clockRatePpm,
          },
          key,
        ),
      untilMs,
    );
  const submit = (unit: UnitText, desired: Desired | undefined, untilMs: number) =>
    order(
      `submit ${unit.name} ${desired ?? ""}`,
      ({ orders }, key) => orders.submit([unit], { desired, replace: true }, key),
      untilMs,
    );
  const desire = (names: readonly string[], desired: Desired, untilMs: number) =>
    order(`${names.join(" ")} ${desired}`, ({ orders }, key) => orders.desire(names, desired, key), untilMs);
  const meddle = (untilMs: number): Promise<unknown> => {
    const unit = pick(texts(random).filter(({ name }) => !name.endsWith(".mount")));
    const machine = pick(machines);
    const chance = random();
    if (chance < 0.4) return submit(unit, pick(["launched", "launched", undefined]), untilMs);
    if (chance < 0.55)
      return desire([unit.name], pick(["inactive", "loaded", "launched", "launched"]), untilMs);
    if (chance < 0.75 && !unit.name.endsWith(".mount"))
      return order(`destroy ${unit.name}`, ({ orders }, key) => orders.destroy([unit.name], key), untilMs);
    if (chance < 0.78)
      return order(
        `remove ${machine.id}`,
        ({ orders }, key) => orders.removeMachine(machine.id, key),
        untilMs,
      );
    if (chance < 0.88) return enrol(machine, untilMs);
    trace(`operator: systemctl start ${unit.name} on ${machine.id}`);
    machine.boot?.systemd.start(unit.name, () => {});
    return Promise.resolve();
  };
  const haste = async (untilMs: number, cut: (machine: string) => void): Promise<void> => {
    const unit = pick(texts(random));
    if (unit.name.endsWith(".mount")) return;
    const home = judge.copies().find((copy) => copy.unit === unit.name && copy.isExclusive)?.machine;
    if (home === undefined) return;
    cut(home);
    await order(`destroy ${unit.name}`, ({ orders }, key) => orders.destroy([unit.name], key), untilMs);
    await submit(unit, "launched", untilMs);
  };
  return { order, enrol, submit, haste, meddle };
}

/** Errors that say for certain that it was not done. */
const isFinal = (code: string) =>
  !["leadership-lost", "not-leader", "member-closed", "proposal-refused"].includes(code);
