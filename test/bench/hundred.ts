import type { Cluster } from "../rig/cluster.ts";
import { destroy, until, writeUnit } from "./site.ts";

const TEMPLATE = "bench@.service";
const TEXT = "[Service]\nExecStart=/bin/sleep infinity\n";

export const hundredNames: readonly string[] = Array.from(
  { length: 100 },
  (_, n) => `bench@${n + 1}.service`,
);

/** The template is known, and none of its instances. */
export async function submitTemplate(cluster: Cluster): Promise<void> {
  await cluster.expect("submit", writeUnit(cluster, TEMPLATE, TEXT));
}

export const destroyHundred = (cluster: Cluster) => destroy(cluster, hundredNames);
export const destroyTemplate = (cluster: Cluster) => destroy(cluster, [TEMPLATE]);

/** How many of the hundred are active, as list-units would show it. */
export async function activeCount(cluster: Cluster): Promise<number> {
  const { units } = await cluster.client().units();
  const isActive = (name: string) => name.startsWith("bench@");
  return units.filter(
    ({ name, observed }) => isActive(name) && observed.some(({ active }) => active === "active"),
  ).length;
}

/** Runs `work` while a hundred units are active. */
export async function withHundred(cluster: Cluster, work: () => Promise<void>): Promise<void> {
  await submitTemplate(cluster);
  await cluster.expect("start", ...hundredNames);
  await until("a hundred units are active", async () => (await activeCount(cluster)) === hundredNames.length);
  await work();
  await destroyHundred(cluster);
  await destroyTemplate(cluster);
}
