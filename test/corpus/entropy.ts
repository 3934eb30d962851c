// The inner flow hash, written a second time and naively: big integers, no loops unrolled, no offsets shared with
// src/wire/flowhash.ts. Expected source ports and ECMP buckets of the corpus come from here.

const WORD = (1n << 32n) - 1n;
const SEED = 0x76746570n; // "vtep"

const rotateLeft = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & WORD;

function murmur(words: readonly number[]): number {
  let hash = SEED;
  for (const word of words) {
    const mixed = (BigInt(word >>> 0) * 0xcc9e2d51n) & WORD;
    hash = (rotateLeft(hash ^ mixed, 13n) * 5n + 0xe6546b64n) & WORD;
  }
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & WORD;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & WORD;
  return Number(hash ^ (hash >> 16n));
}

/** Words that identify the flow of an untagged frame: addresses, protocol and, where every packet has them, ports. */
function flowWords(frame: Uint8Array): number[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const etherType = view.getUint16(12);
  const wordsAt = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => view.getUint32(from + 4 * at));
  const withPorts = (protocol: number, at: number) =>
    [6, 17, 132].includes(protocol) && at + 4 <= frame.length ? wordsAt(at, 1) : [];
  if (etherType === 0x0800 && frame.length >= 34) {
    const protocol = view.getUint8(23);
    const whole = view.getUint8(14) === 0x45 && (view.getUint16(20) & 0x3fff) === 0;
    return [...wordsAt(26, 2), protocol, ...(whole ? withPorts(protocol, 34) : [])];
  }
  if (etherType === 0x86dd && frame.length >= 54) {
    const nextHeader = view.getUint8(20);
    return [...wordsAt(22, 8), nextHeader, ...withPorts(nextHeader, 54)];
  }
  return [...wordsAt(0, 3), etherType];
}

export function naiveFlowHash(frame: Uint8Array): number {
  return murmur(flowWords(frame));
}

/** Outer UDP source port of an inner frame, from an inclusive range. */
export function entropyPort(frame: Uint8Array, from = 49152, to = 65535): number {
  return from + Math.floor((Math.floor(naiveFlowHash(frame) / 65536) * (to - from + 1)) / 65536);
}

/** Which of `paths` equal-cost next hops the corpus tables give to this frame: bucket modulo paths. */
export function ecmpPath(frame: Uint8Array, paths: number): number {
  return (naiveFlowHash(frame) % 64) % paths;
}
