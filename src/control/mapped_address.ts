// IP addresses between text and the 16 bytes of the tables, in which IPv4 is ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).

import { VtepError } from "../wire/error.js";
import { formatIp, isIpv4Mapped, parseIp } from "./netlink/index.js";

export function mappedAddress(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new VtepError("invalid_address", `${text} is not an IP address`);
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(bytes, 12);
  return mapped;
}

export function formatMapped(address: Uint8Array): string {
  return formatIp(isIpv4Mapped(address) ? address.subarray(12) : address);
}
