import type { Command } from "commander";
import type { Template } from "../template/template.ts";
import { print } from "./terminal.ts";

export function register(program: Command): void {
  program
    .command("templates")
    .description("list the unit templates, or explain one and its parameters")
    .argument("[name]", "a shipped template, or the path of a .njk file")
    .option("--json", "print JSON")
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { findTemplate, listTemplates } = await import("../template/find.ts");
      const templates = name === undefined ? await listTemplates() : [await findTemplate(name)];
      if (json) print(JSON.stringify(templates.map(toJson), undefined, 2));
      else if (name === undefined) await printList(templates);
      else for (const template of templates) printExplanation(template);
    });
}

async function printList(templates: readonly Template[]): Promise<void> {
  const { formatTable } = await import("./table.ts");
  const rows = templates.map(({ name, summary }) => [name, summary]);
  for (const line of formatTable([["TEMPLATE", "MEANING"], ...rows])) print(line);
}

function printExplanation({ name, summary, unit, source, parameters }: Template): void {
  print(`${name}: ${summary}`);
  print(`renders ${unit}, from ${source}`);
  for (const [parameter, { type, default: value, meaning }] of Object.entries(parameters)) {
    const standard = value === undefined ? "must be given" : `default ${JSON.stringify(value)}`;
    print(`\n  ${parameter} (${type}, ${standard})\n      ${meaning}`);
  }
}

function toJson({ name, summary, unit, source, parameters }: Template): object {
  const list = Object.entries(parameters).map(([parameter, { type, default: value, meaning }]) => ({
    name: parameter,
    type,
    default: value ?? null,
    required: value === undefined,
    meaning,
  }));
  return { name, summary, unit, source, parameters: list };
}
