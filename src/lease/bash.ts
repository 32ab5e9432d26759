/** The text of a shell script as it is written, but that bash's `${` is written `\${` and may hold no other use of it. */
export function bash(text: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return String.raw(text, ...parts).replaceAll("\\${", "${");
}
