// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
// A "sum" is the unfolded or folded one's-complement sum; a "checksum" is its complement, as on the wire.

import { readU16, writeU16 } from "./bytes.js";

/** Folds carries until 16 bits remain. The sum is below 2^32, as that of any frame up to 128 KiB is. */
export function foldSum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Adds the 16-bit big-endian words of a region to `sum`; an odd last byte is padded with zero. Unfolded. */
export function addToSum(sum: number, bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + (length & ~1);
  for (let at = offset; at < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return length & 1 ? sum + (bytes[end]! << 8) : sum;
}

/** Checksum of a sum, as it stands in an IPv4 header. */
export function checksumOf(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

/** Checksum of a sum for a UDP header, where zero would mean "none" (RFC 768). */
export function udpChecksumOf(sum: number): number {
  return checksumOf(sum) || 0xffff;
}

/**
 * Replaces one 16-bit word of a checksummed header. `offset` of both are absolute.
 * SPEC: RFC 1624 §3, equation 3: HC' = ~(~HC + ~m + m').
 */
export function replaceWord(bytes: Uint8Array, wordAt: number, checksumAt: number, value: number): void {
  const sum = (~readU16(bytes, checksumAt) & 0xffff) + (~readU16(bytes, wordAt) & 0xffff) + value;
  writeU16(bytes, wordAt, value);
  writeU16(bytes, checksumAt, checksumOf(sum));
}

/** Sum over the pseudo header of UDP, TCP or ICMPv6 (RFC 768, RFC 8200 §8.1). Addresses lie next to each other. */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  addressesAt: number,
  addressBytes: number,
  protocol: number,
  length: number,
): number {
  return addToSum(protocol + (length & 0xffff) + (length >>> 16), bytes, addressesAt, 2 * addressBytes);
}
