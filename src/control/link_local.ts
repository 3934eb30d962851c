// The link-local address that goes with a MAC, and when a gateway needs one.

import { MAC_BYTES, type Mac, writeMac } from "../wire/ethernet.js";

/** SPEC: RFC 4291 appendix A, modified EUI-64. */
export function linkLocalOf({ hi, lo }: Mac): Uint8Array {
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0);
  const bytes = new Uint8Array(MAC_BYTES);
  writeMac(bytes, 0, hi, lo);
  address.set(bytes.subarray(0, 3), 8);
  address.set(bytes.subarray(3), 13);
  address[8]! ^= 0x02;
  return address;
}
