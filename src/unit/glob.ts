type Token = "star" | ((character: string) => boolean);

/**
 * Whether `name` matches the shell pattern, exactly as Go's path.Match, which fleet used: `*` and `?` do not
 * cross `/`, classes are `[a-z]` and `[^a-z]`, a backslash quotes. A malformed pattern matches nothing.
 */
export function matchGlob(pattern: string, name: string): boolean {
  const tokens = parsePattern([...pattern]);
  if (tokens === undefined) return false;
  const characters = [...name];
  let token = 0;
  let position = 0;
  // Only the last star has to be tried again, longer: this keeps `*a*a*a*b` from taking exponential time.
  let star = -1;
  let starEnd = 0;
  while (position < characters.length) {
    const test = tokens[token];
    if (test === "star") {
      star = token++;
      starEnd = position;
    } else if (test?.(characters[position] ?? "")) {
      token++;
      position++;
    } else if (star >= 0 && characters[starEnd] !== "/") {
      position = ++starEnd;
      token = star + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "star");
}

function parsePattern(pattern: string[]): Token[] | undefined {
  const tokens: Token[] = [];
  while (pattern.length > 0) {
    const next = pattern.shift();
    if (next === "*") tokens.push("star");
    else if (next === "?") tokens.push((character) => character !== "/");
    else if (next === "[") {
      const inside = parseClass(pattern);
      if (inside === undefined) return undefined;
      tokens.push(inside);
    } else {
      const literal = next === "\\" ? pattern.shift() : next;
      if (literal === undefined) return undefined;
      tokens.push((character) => character === literal);
    }
  }
  return tokens;
}

function parseClass(pattern: string[]): Token | undefined {
  const isNegated = pattern[0] === "^";
  if (isNegated) pattern.shift();
  const ranges: (readonly [number, number])[] = [];
  while (pattern[0] !== "]" || ranges.length === 0) {
    const low = parseBound(pattern);
    if (low === undefined) return undefined;
    let high: number | undefined = low;
    if (pattern[0] === "-") {
      pattern.shift();
      high = parseBound(pattern);
    }
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  pattern.shift();
  return (character) => {
    const point = character.codePointAt(0) ?? 0;
    return ranges.some(([low, high]) => low <= point && point <= high) !== isNegated;
  };
}

function parseBound(pattern: string[]): number | undefined {
  let next = pattern.shift();
  if (next === "-" || next === "]") return undefined;
  if (next === "\\") next = pattern.shift();
  return next?.codePointAt(0);
}
