import * as zlib from "node:zlib";

// Node has its own since 20.15; we promise 20.10.
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The same sum as `crc32`, where Node does not bring it. */
export function crc32ByTable(data: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of data) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** CRC-32 (as zlib's) of `data`, going on from `seed`, the sum of what came before. */
export const crc32: (data: Uint8Array, seed?: number) => number = zlib.crc32 ?? crc32ByTable;
