import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlotillaError } from "../error.ts";
import { parseTemplate, type Template } from "./template.ts";

/**
 * The template at a path, or the shipped one of that name, with or without `.njk`.
 * @throws FlotillaError `template-not-found`, `template-front-matter`
 */
export async function findTemplate(argument: string): Promise<Template> {
  const ownFile = await readIfThere(argument);
  if (ownFile !== undefined && isTemplateFile(argument)) return parseTemplate(argument, ownFile);
  const directory = await shippedDirectory();
  const name = argument.replace(/\.njk$/, "");
  const file = join(directory, `${name}.njk`);
  const shipped = /[/\\]/.test(argument) ? undefined : await readIfThere(file);
  if (shipped !== undefined) return parseTemplate(file, shipped);
  const names = (await shippedFiles(directory)).map((one) => one.replace(/\.njk$/, ""));
  throw new FlotillaError("template-not-found", `no template ${argument}`, {
    hint: `give the path of a .njk file, or one of ${names.join(", ")}`,
  });
}

/** All templates that come with Flotilla, by name. */
export async function listTemplates(): Promise<Template[]> {
  const directory = await shippedDirectory();
  const files = await shippedFiles(directory);
  return Promise.all(
    files.map(async (name) => {
      const file = join(directory, name);
      return parseTemplate(file, await readFile(file, "utf8"));
    }),
  );
}

function isTemplateFile(name: string): boolean {
  return name.endsWith(".njk");
}

async function shippedFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter(isTemplateFile).sort();
}

/** `templates/` beside `src/` or `dist/`, whichever this module runs from. */
async function shippedDirectory(): Promise<string> {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; directory !== dirname(directory); directory = dirname(directory)) {
    const candidate = join(directory, "templates");
    const isThere = await access(join(candidate, "redis.service.njk")).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  throw new FlotillaError("templates-missing", "the directory templates/ of Flotilla is not there", {
    hint: "give templates by path, or install Flotilla whole",
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EISDIR"))
      return undefined;
    throw new FlotillaError("template-unreadable", `cannot read ${file}`, { cause: error });
  }
}
