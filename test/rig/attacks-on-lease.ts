import { defaultLease } from "../../src/lease/bound.ts";
import { leaseTarget } from "../../src/lease/places.ts";
import {
  type Attack,
  claim,
  deaf,
  expireWhile,
  type Finding,
  mountSeen,
  runMount,
  simple,
  within,
} from "./attack.ts";
import { bootClockMs, type LeaseMachine, sleep } from "./lease-machine.ts";

/** The sshd of a leader stands still with orders and a renewal unread; a new leader registers; then it goes on. */
async function deposeStaleLeader(m: LeaseMachine, user: "root" | "ops"): Promise<readonly Finding[]> {
  await m.elect(user);
  await m.hold();
  await m.push("a.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo x >>/var/tmp/starts'\n");
  await m.link.gate("a.service", 1);
  const stale = m.link;
  m.expire();
  const carrier = (await m.machine.exec("sh", "-c", "cat /run/flotilla/conn/*")).split(":")[0] ?? "";
  await m.machine.exec("kill", "-STOP", carrier);
  for (let i = 0; i < 50; i++) stale.start("a.service").catch(() => {});
  stale.renew(stale.reading.machineCs + 6_000).catch(() => {});
  await sleep(100);
  await m.elect();
  await m.machine.exec("sh", "-c", `kill -CONT ${carrier} 2>/dev/null; true`);
  await sleep(300);
  const reason = await Promise.race([stale.closed, sleep(2_000)]);
  const isUntouched = m.read("/var/tmp/starts") === "";
  await m.hold();
  return [
    claim("nothing of the stale leader takes effect", isUntouched),
    claim("its connection is dead", reason !== undefined),
  ];
}

/** What starts, renews or revives what must not run. */
export const attacksOnLease: readonly Attack[] = [
  {
    name: "stale leader with queued orders",
    isShort: true,
    run: (m) => deposeStaleLeader(m, "root"),
  },
  {
    name: "stale leader with queued orders, user ops with sudo",
    isShort: false,
    run: (m) => deposeStaleLeader(m, "ops"),
  },
  {
    name: "partition",
    isShort: false,
    run: async (m) => {
      await m.run("a.service", simple);
      const beforeMs = m.expire();
      m.machine.partition();
      m.link.renew(Math.round(m.link.reading.machineCs) + 150).catch(() => {});
      m.link.renew(Math.round(m.link.reading.machineCs) + 175).catch(() => {});
      const afterMs = await m.gone(beforeMs);
      await sleep(2_000);
      m.machine.heal();
      let rearmed = 0;
      for (let i = 0; i < 200; i++, await sleep(10))
        if (m.isPopulated() || m.read("/run/flotilla/valid") !== "") rearmed++;
      return [
        within("fenced while cut off", afterMs),
        claim(`renewals delivered at the heal revive nothing (${rearmed} of 200 samples)`, rearmed === 0),
      ];
    },
  },
  {
    name: "leases one after another",
    isShort: false,
    run: async (m) => {
      m.expire();
      await sleep(2_500);
      const fences = () => new Set(m.read("/run/flotilla/fenced").split("\n").filter(Boolean)).size;
      const before = fences();
      let starts = 0;
      await m.push("a.service", simple);
      for (let i = 0; i < 15; i++) {
        await m.hold();
        await m.link.gate("a.service", i);
        if ((await m.link.start("a.service")) === "done") starts++;
        await sleep(150);
        const deadlineMs = await m.extend(200);
        await m.gone(deadlineMs);
      }
      return [
        claim(
          `15 leases: ${starts} starts, ${fences() - before} fences`,
          starts === 15 && fences() - before === 15,
        ),
      ];
    },
  },
  {
    name: "started by hand",
    isShort: true,
    run: async (m) => {
      await m.push("a.service", simple);
      const tryStart = (unit: string) =>
        m.machine.exec("systemctl", "start", unit).then(
          () => true,
          () => false,
        );
      const withoutGate = await tryStart("a.service");
      await m.link.gate("a.service", 1);
      await expireWhile(m, () => {}, 0);
      const withoutLease = await tryStart("a.service");
      await tryStart(leaseTarget);
      const withTarget = await tryStart("a.service");
      await m.hold();
      const gates = (await m.machine.exec("ls", "/run/flotilla/placed")).trim();
      return [
        claim("without a gate it does not start", !withoutGate),
        claim("without a lease it does not start", !withoutLease && !withTarget && !m.isPopulated()),
        claim("the fence removed the gate", gates === ""),
      ];
    },
  },
  {
    name: "garbage in the deadline",
    isShort: true,
    run: async (m) => {
      await m.run("a.service", simple);
      const deadlineMs = await m.extend(4_000);
      await sleep(300); // both guards have seen it
      for (const text of [
        "text\n",
        "$(reboot)\n",
        "0x7fffffff\n",
        "99999999999",
        "99999999999\n",
        `${"9".repeat(27)}\n`,
        "",
        "é\0\n".repeat(9_999),
      ]) {
        m.write("/run/flotilla/deadline", text);
        await sleep(250);
      }
      return [
        claim("the last good deadline stays in force", m.isPopulated()),
        within("and ends the lease", await m.gone(deadlineMs)),
        claim(
          "a deadline 25 h ahead is refused",
          (await m.link.renew(m.link.reading.machineCs + 9_000_000)) === "far",
        ),
      ];
    },
  },
  {
    name: "/run/flotilla deleted",
    isShort: true,
    run: async (m) => {
      await runMount(m);
      await m.run("a.service", deaf);
      const from = bootClockMs();
      await m.machine.exec("mv", "/run/flotilla", "/run/gone"); // at one stroke: the guards write there all the time
      const afterMs = await m.gone(from, mountSeen);
      m.expire();
      const closed = await Promise.race([m.link.closed, sleep(3_000)]);
      const epoch = m.read("/run/flotilla/epoch");
      await m.elect();
      await m.hold();
      return [
        within(
          "everything exclusive is fenced (ms from the deletion)",
          afterMs,
          defaultLease.stopBoundMs + 400,
        ),
        claim("the session ends by itself", closed !== undefined),
        claim("the epoch is not forgotten", /^attacked \d+ 1\n$/.test(epoch)),
      ];
    },
  },
  {
    name: "sshd killed",
    isShort: false,
    run: async (m) => {
      await m.run("a.service", simple);
      const unit = m.pids("flotilla.slice/a.service")[0];
      m.expire();
      await m.machine.exec("systemctl", "kill", "-s", "KILL", "ssh.service");
      await m.machine.waitUp();
      await m.elect();
      await m.hold();
      return [
        claim(
          "reconnected within the lease, the unit did not notice",
          m.pids("flotilla.slice/a.service")[0] === unit,
        ),
      ];
    },
  },
];
