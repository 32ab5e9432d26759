import { FlotillaError } from "../error.ts";

const headerBytes = 4;
/** No frame is longer: a snapshot of the whole state must fit. */
export const maxFrameBytes = 256 << 20;

/** `text` with its length (u32) before it. */
export function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > maxFrameBytes)
    throw new FlotillaError("frame-too-large", `a message of ${length} bytes exceeds ${maxFrameBytes}`);
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, headerBytes);
  return frame;
}

/** Takes bytes as they arrive and calls `onFrame` for each whole frame; throws when one is longer than `limit()`. */
export function createFrameReader(
  onFrame: (text: string) => void,
  limit: () => number,
): (bytes: Buffer) => void {
  let chunks: Buffer[] = [];
  let available = 0;
  let needed = headerBytes;
  return (bytes) => {
    chunks.push(bytes);
    available += bytes.length;
    // Chunks of a long frame are joined once, when all of it is there.
    if (available < needed) return;
    let rest = Buffer.concat(chunks);
    for (;;) {
      needed = headerBytes;
      if (rest.length < headerBytes) break;
      const length = rest.readUInt32BE(0);
      if (length > limit())
        throw new FlotillaError("frame-too-large", `a peer announces a frame of ${length} bytes`);
      needed = headerBytes + length;
      if (rest.length < needed) break;
      onFrame(rest.toString("utf8", headerBytes, needed));
      rest = rest.subarray(needed);
    }
    chunks = [rest];
    available = rest.length;
  };
}
