import type { Readable } from "node:stream";

/** Longer than any line of the session: a path of 4096 bytes and its unit. */
export const lineBytesMax = 8_192;

/** Calls `onLine` for each line without its end; `onTooLong` once, instead of keeping a line without bound. */
export function readLines(stream: Readable, onLine: (line: string) => void, onTooLong: () => void): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0 && end <= lineBytesMax; end = rest.indexOf(10)) {
      onLine(rest.toString("utf8", 0, end));
      rest = rest.subarray(end + 1);
    }
    if (rest.length <= lineBytesMax) return;
    rest = Buffer.alloc(0);
    onTooLong();
  });
}
