// The MAC from which this VTEP asks hosts of domains that have no gateway: locally administered, made of the VTEP's
// address, so that it is the same after a restart and no two VTEPs share one.

import type { Mac } from "../wire/ethernet.js";

const LOCALLY_ADMINISTERED = 0x0276;
const FNV_PRIME = 0x01000193;
const FNV_OFFSET = 0x811c9dc5;

/** `address`: 16 bytes. Those of IPv4 stand in the MAC, those of IPv6 as a hash. */
export function probeMacOf(address: Uint8Array): Mac {
  const isMapped = address.subarray(0, 10).every((byte) => byte === 0) && address[10] === 0xff;
  const bytes = isMapped ? address.subarray(12) : address;
  const lo = isMapped
    ? bytes.reduce((word, byte) => (word << 8) | byte, 0)
    : bytes.reduce((hash, byte) => Math.imul(hash ^ byte, FNV_PRIME), FNV_OFFSET | 0);
  return { hi: LOCALLY_ADMINISTERED, lo: lo | 0 };
}
