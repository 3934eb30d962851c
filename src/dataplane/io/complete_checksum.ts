// Completes a transport checksum that the sender left to hardware: the field then holds only the sum over
// the pseudo header (Linux CHECKSUM_PARTIAL). Frames from veth and TAP peers arrive like that.

import { writeU16 } from "../../wire/bytes.js";
import { addToSum, udpChecksumOf } from "../../wire/checksum.js";

/**
 * Sums from `start` to `end`, the field at `start + fieldOffset` included, and writes the checksum there. A result of
 * zero becomes 0xffff, as the kernel does for TCP too. False, with nothing written, where the field is not in the frame.
 */
export function completeChecksum(bytes: Uint8Array, start: number, fieldOffset: number, end: number): boolean {
  const field = start + fieldOffset;
  if (field + 2 > end) return false;
  writeU16(bytes, field, udpChecksumOf(addToSum(0, bytes, start, end - start)));
  return true;
}
