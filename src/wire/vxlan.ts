// VXLAN header (RFC 7348 §5):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |R|R|R|R|I|R|R|R|            Reserved                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                VXLAN Network Identifier (VNI) |   Reserved    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

export const VXLAN_HEADER_BYTES = 8;
/** First word of a header we send: only the I flag. */
export const VXLAN_FIRST_WORD = 0x08000000;
/** Every bit of the first word that a sender must leave zero. */
const FIRST_WORD_RESERVED = 0xf7ffffff | 0;
const SECOND_WORD_RESERVED = 0xff;

export function hasVniFlag(view: DataView, offset: number): boolean {
  return (view.getInt32(offset) & VXLAN_FIRST_WORD) !== 0;
}

export function hasReservedBits(view: DataView, offset: number): boolean {
  return ((view.getInt32(offset) & FIRST_WORD_RESERVED) | (view.getInt32(offset + 4) & SECOND_WORD_RESERVED)) !== 0;
}

/** 24-bit VNI, host order. */
export function readVni(view: DataView, offset: number): number {
  return view.getInt32(offset + 4) >>> 8;
}
