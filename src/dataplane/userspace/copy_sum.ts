// Copies bytes from one pool to another, and where asked sums them for the Internet checksum on the way: cutting a
// super-packet touches each payload byte once. By 32-bit words, which needs no view per frame as TypedArray.set does.

import { foldSum } from "../../wire/checksum.js";
import type { FramePool } from "./frame_pool.js";

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Copies `length` bytes and returns their folded sum, as if the first byte were a high one. The two offsets must be
 * congruent modulo 4, so that words meet words.
 */
export function copyAndSum(from: FramePool, fromAt: number, to: FramePool, toAt: number, length: number): number {
  const source = from.bytes;
  const target = to.bytes;
  const end = fromAt + length;
  const shift = toAt - fromAt;
  const wordsAt = Math.min((fromAt + 3) & ~3, end);
  const wordsEnd = Math.max(end & ~3, wordsAt);
  let even = 0;
  let odd = 0;
  for (let at = fromAt; at < wordsAt; at++) {
    const byte = source[at]!;
    target[at + shift] = byte;
    if ((at & 1) === 0) even += byte;
    else odd += byte;
  }
  const words = sumWords(from.words, wordsAt >>> 2, to.words, (wordsAt + shift) >> 2, (wordsEnd - wordsAt) >>> 2);
  for (let at = wordsEnd; at < end; at++) {
    const byte = source[at]!;
    target[at + shift] = byte;
    if ((at & 1) === 0) even += byte;
    else odd += byte;
  }
  // `words` weighs bytes by the machine's order, at even and odd addresses; bring the edges and then the sum in line.
  const sum = foldSum(words + (LITTLE_ENDIAN ? even + (odd << 8) : odd + (even << 8)));
  const highIsEven = !LITTLE_ENDIAN;
  return ((fromAt & 1) === 0) === highIsEven ? sum : ((sum & 0xff) << 8) | (sum >>> 8);
}

/** Copies `length` bytes. The two offsets must be congruent modulo 4. */
export function copyWords(from: FramePool, fromAt: number, to: FramePool, toAt: number, length: number): void {
  const end = fromAt + length;
  const shift = toAt - fromAt;
  const wordsAt = Math.min((fromAt + 3) & ~3, end);
  const wordsEnd = Math.max(end & ~3, wordsAt);
  for (let at = fromAt; at < wordsAt; at++) to.bytes[at + shift] = from.bytes[at]!;
  const wordShift = shift >> 2;
  for (let word = wordsAt >>> 2; word < wordsEnd >>> 2; word++) to.words[word + wordShift] = from.words[word]!;
  for (let at = wordsEnd; at < end; at++) to.bytes[at + shift] = from.bytes[at]!;
}

/** Both halves of each word are summed apart, so that integers suffice up to 128 KiB. */
function sumWords(from: Int32Array, fromAt: number, to: Int32Array, toAt: number, count: number): number {
  let low = 0;
  let high = 0;
  for (let index = 0; index < count; index++) {
    const word = from[fromAt + index]!;
    to[toAt + index] = word;
    low += word & 0xffff;
    high += word >>> 16;
  }
  return low + high;
}
