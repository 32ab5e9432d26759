import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FlotillaError } from "../../src/error.ts";
import { parseUnitFile, serializeUnitFile } from "../../src/unit/file.ts";

function options(text: string): string[] {
  return parseUnitFile(text, "x").entries.flatMap((entry) =>
    entry.kind === "assignment" ? `${entry.line} [${entry.section}] ${entry.key}=${entry.value}` : [],
  );
}
function refusal(text: string): string {
  try {
    parseUnitFile(text, "x.service");
  } catch (error) {
    if (error instanceof FlotillaError) return `${error.at}: ${error.message}`;
  }
  return "accepted";
}

test("order, repeated keys, empty assignments and blanks around =", () => {
  assert.equal(options("[Unit]\nAfter=a\n[Service]\n  B =  c d \nB=\n[Unit]\nAfter=\tb"), [
    "2 [Unit] After=a",
    "4 [Service] B=c d",
    "5 [Service] B=",
    "7 [Unit] After=b",
  ]);
});

test("continuation lines, with comments inside, as in systemd.syntax(7)", () => {
  const text = "[S]\nA=value 3\\\n# ignored\n; ignored too \\\n       continued\nB=x\\\\\nC=y\\\n\nD=z\\";
  assert.equal(options(text), [
    "2 [S] A=value 3        continued",
    "6 [S] B=x\\\\",
    "7 [S] C=y",
    "9 [S] D=z",
  ]);
});

test("a comment does not go on in the next line; CRLF and a byte order mark are no obstacle", () => {
  assert.equal(options("\uFEFF[S]\r\n# a \\\r\nA=b\r\nC=d \\\r\n e\r\n"), ["3 [S] A=b", "4 [S] C=d   e"]);
});

test("what is refused, with file and line", () => {
  assert.is(refusal("[Unit\nDescription=broken\n"), "x.service:1: broken section header [Unit");
  assert.is(refusal("[Service]\nthis is not an option\n"), 'x.service:2: no "=" in "this is not an option"');
  assert.is(refusal("[Unit] pants\n"), "x.service:1: broken section header [Unit] pants");
  assert.is(refusal("[A]\n\n=b\n"), "x.service:3: no option name before the =");
  assert.is(refusal("[A]\nb=\0\n"), "x.service:2: a NUL byte");
  assert.match(refusal(`[A]\nb=${"x".repeat(256 * 1024)}`), /may have 262144 bytes/);
  assert.is(refusal("garbage before the first section\n[A]\n"), "accepted");
});

const line = fc.oneof(
  fc.constantFrom(
    "[Unit]",
    "[X-Fleet]",
    "# comment",
    "; c \\",
    "",
    " \t",
    "A=b",
    "A=",
    "A=b \\",
    "\\",
    "A=\\\\",
    "a",
  ),
  fc.string({ unit: "binary" }),
);
const file = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r", "")))
  .map((lines) => lines.flat().join(""));

test("parse, then serialize, gives the same text; nothing else than an error of ours is thrown", () => {
  let parsed = 0;
  fc.assert(
    fc.property(fc.oneof(file, fc.string()), (text) => {
      try {
        assert.is(serializeUnitFile(parseUnitFile(text, "x")), text);
        parsed++;
      } catch (error) {
        assert.instance(error, FlotillaError);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(parsed > 200, `only ${parsed} of the inputs parsed`);
});

test.run();
