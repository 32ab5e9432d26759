import { basename } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { FlotillaError } from "../error.ts";
import { type Parameters, parameterSchema } from "./parameter.ts";

/** A nunjucks file that renders one unit. */
export interface Template {
  /** The file's name without `.njk`: `redis.service`. */
  readonly name: string;
  readonly source: string;
  readonly text: string;
  readonly summary: string;
  /** nunjucks too: the name of the unit may depend on the parameters. */
  readonly unit: string;
  readonly parameters: Parameters;
}

/** TOML inside a nunjucks comment, so that the file stays a plain template. */
const frontMatter = /^\{#---\r?\n([\s\S]*?)---#\}/;
const schema = z.strictObject({
  summary: z.string(),
  unit: z.string().optional(),
  parameters: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/, "a parameter is called like_this"), parameterSchema)
    .default({}),
});

/** Reads a template's front matter. @throws FlotillaError `template-front-matter`, with file and line where known */
export function parseTemplate(source: string, text: string): Template {
  const found = frontMatter.exec(text);
  if (found === null)
    throw new FlotillaError("template-front-matter", "the template does not begin with its front matter", {
      at: `${source}:1`,
      hint: 'begin it with {#--- in a line, summary = "..." and [parameters.NAME] in TOML, and ---#}',
    });
  const name = basename(source).replace(/\.njk$/, "");
  const { summary, unit = name, parameters } = parseFrontMatter(source, found[1] ?? "");
  return { name, source, text, summary, unit, parameters };
}

function parseFrontMatter(source: string, toml: string): z.infer<typeof schema> {
  let content: unknown;
  try {
    content = parse(toml);
  } catch (cause) {
    const line = cause instanceof TomlError ? `:${cause.line + 1}` : "";
    throw new FlotillaError("template-front-matter", "the front matter is not TOML", {
      at: `${source}${line}`,
      cause: new Error(String(cause).split("\n")[0]),
    });
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FlotillaError(
    "template-front-matter",
    `${issue?.path.join(".") || "front matter"}: ${issue?.message}`,
    {
      at: source,
      hint: "it has summary, unit (optional) and [parameters.NAME] with type, default (optional), meaning",
    },
  );
}
