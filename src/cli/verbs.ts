import type { Command } from "commander";

interface Verb {
  register(program: Command): void;
}

/** Every verb with its module, which is loaded only when the verb is used: that is what makes the start quick. */
export const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  submit: () => import("./submit.ts"),
  load: () => import("./load.ts"),
  start: () => import("./start.ts"),
  stop: () => import("./stop.ts"),
  unload: () => import("./unload.ts"),
  destroy: () => import("./destroy.ts"),
  cat: () => import("./cat.ts"),
  status: () => import("./status.ts"),
  journal: () => import("./journal.ts"),
  "list-units": () => import("./list-units.ts"),
  "list-unit-files": () => import("./list-unit-files.ts"),
  "list-machines": () => import("./list-machines.ts"),
  machine: () => import("./machine.ts"),
  member: () => import("./member.ts"),
  render: () => import("./render.ts"),
  templates: () => import("./templates.ts"),
  bootstrap: () => import("./bootstrap.ts"),
  lease: () => import("./lease.ts"),
  version: () => import("./version.ts"),
};
