// ad hoc
import { writeFileSync } from "node:fs";
import { openRig } from "../rig/rig.ts";
import { bootstrapCluster } from "../rig/cluster.ts";
import { allReady } from "./site.ts";
import { mkdirSync } from "node:fs";
import { powerCut, powerCutLeader } from "./power-cut.ts";
import { powerOffBench } from "./power-off.ts";
import { start } from "./start.ts";
import { start100 } from "./start-100.ts";
const rig = await openRig({ name: "bench-h", machines: 3, say: console.error });
mkdirSync(`${rig.storage.directory}/data`, { recursive: true });
const cluster = await bootstrapCluster(rig);
for (const m of rig.machines) {
  await m.exec("sh", "-c", "mkdir -p /etc/systemd/system/flotillad.service.d && printf '[Service]\\nEnvironment=FLOTILLAD_DEBUG=1\\n' > /etc/systemd/system/flotillad.service.d/debug.conf && mkdir -p /var/log/journal && systemctl daemon-reload && systemctl restart flotillad");
}
await allReady(cluster);
const benches: any = { cut: powerCut, cutleader: powerCutLeader, off: powerOffBench, start, start100 };
const dump = async (tag: string) => { for (const m of rig.machines) writeFileSync(`/tmp/h/${tag}-${m.name}.log`, await m.exec("sh", "-c", "journalctl -u flotillad -o short-precise --no-pager -n 4000").catch(String)); };
for (const arg of process.argv.slice(2)) {
  const [name, n] = arg.split("=");
  const t = () => new Date().toISOString();
  try { await benches[name!].measure({ runs: Number(n), say: (l: string) => console.log(t(), l), report: (w: string, u: string, v: number[]) => console.log(w, u, v.map((x) => Math.round(x)).join(" ")), cluster: async () => cluster }); }
  catch (e) { console.log(t(), "FAILED", e); }
  await dump(name!);
}
process.exit(0);
