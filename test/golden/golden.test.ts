import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSession } from "./transcript.ts";

// Each file is a transcript: `$ command` lines, unit files between `<<` and `>>`, and what came out.
// `UPDATE_GOLDEN=1` writes what comes out now; read the difference before you commit it.
const directory = new URL(".", import.meta.url).pathname;

for (const file of readdirSync(directory).filter((name) => name.endsWith(".txt"))) {
  test(file.replace(/\.txt$/, "").replaceAll("-", " "), () => {
    const before = readFileSync(join(directory, file), "utf8");
    const after = replay(before);
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(join(directory, file), after);
    else assert.fixture(after, before);
  });
}

function replay(transcript: string): string {
  const session = createSession();
  const lines = transcript.split("\n");
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i++] ?? "";
    if (line.startsWith("#") || line === "") out.push(line);
    if (!line.startsWith("$ ")) continue;
    out.push(line);
    const text: string[] = [];
    if (line.endsWith("<<")) {
      while (i < lines.length && lines[i] !== ">>") text.push(lines[i++] ?? "");
      out.push(...text, lines[i++] ?? ">>");
    }
    out.push(...session.run(line.slice(2).replace(/ <<$/, ""), `${text.join("\n")}\n`));
  }
  return out.join("\n");
}

test.run();
