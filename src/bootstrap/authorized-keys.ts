/** A public key that a machine must accept. */
export interface AuthorizedKey {
  /** `ssh-ed25519 AAAA...` */
  readonly key: string;
  /** By which the line is known again: `flotilla CLUSTER MEMBER`. */
  readonly comment: string;
}

export const keyComment = (cluster: string, member: string): string => `flotilla ${cluster} ${member}`;

/** The authorized_keys with every one of `keys` in it once; lines of others stay as they are, byte for byte. */
export function authorize(text: string, keys: readonly AuthorizedKey[]): string {
  const wanted = new Map(keys.map(({ comment, key }) => [comment, key]));
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    const comment = [...wanted.keys()].find((each) => isOf(line, each));
    const key = comment === undefined ? undefined : wanted.get(comment);
    if (comment === undefined || key === undefined) {
      if (!keys.some((each) => isOf(line, each.comment))) kept.push(line);
    } else if (` ${line}`.includes(` ${key} `)) {
      // Kept with the options that somebody may have put before it: from=, no-pty.
      kept.push(line);
      wanted.delete(comment);
    }
  }
  const added = [...wanted].map(([comment, key]) => `${key} ${comment}`);
  if (added.length === 0) return kept.join("\n");
  const rest = kept.join("\n");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${added.join("\n")}\n`;
}

const isOf = (line: string, comment: string): boolean =>
  !line.startsWith("#") && line.trimEnd().endsWith(` ${comment}`);
