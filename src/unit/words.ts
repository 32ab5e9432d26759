/** What a backslash means: a character like any other (in lists of unit names), or gone, with what follows kept. */
export type Backslash = "keep" | "drop";

/**
 * Splits a value into words as systemd's extract_first_word() does: white space separates, single and double quotes
 * hold together and are removed. Undefined if a quote is never closed; systemd then ignores the line.
 */
export function splitWords(value: string, backslash: Backslash): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    if (character === "\\" && backslash === "drop") {
      if (++i === value.length) return undefined;
      word = (word ?? "") + value.charAt(i);
    } else if (character === quote) {
      quote = undefined;
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (quote === undefined && /[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) words.push(word);
  return quote === undefined ? words : undefined;
}
