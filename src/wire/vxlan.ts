// VXLAN header (RFC 7348 §5):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|R|R|R|I|R|R|R|            Reserved                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                VXLAN Network Identifier (VNI) |   Reserved    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

import { readI32 } from "./bytes.js";

export const VXLAN_HEADER_BYTES = 8;
/** First word of a header we send: only the I flag. */
export const VXLAN_FIRST_WORD = 0x08000000;
/** Every bit of the first word that a sender must leave zero. */
const FIRST_WORD_RESERVED = 0xf7ffffff | 0;
const SECOND_WORD_RESERVED = 0xff;

export function hasVniFlag(bytes: Uint8Array, offset: number): boolean {
  return (readI32(bytes, offset) & VXLAN_FIRST_WORD) !== 0;
}

export function hasReservedBits(bytes: Uint8Array, offset: number): boolean {
  return ((readI32(bytes, offset) & FIRST_WORD_RESERVED) | (readI32(bytes, offset + 4) & SECOND_WORD_RESERVED)) !== 0;
}

/** 24-bit VNI, host order. */
export function readVni(bytes: Uint8Array, offset: number): number {
  return readI32(bytes, offset + 4) >>> 8;
}
