// IP addresses between text and the 16 bytes of the tables, in which IPv4 is ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).

import { VtepError } from "../wire/error.js";
import { formatIp, isIpv4Mapped, parseIp } from "./netlink/index.js";

export function mappedAddress(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new VtepError("invalid_address", `${text} is not an IP address`);
  return mappedBytes(bytes);
}

export function formatMapped(address: Uint8Array): string {
  return formatIp(isIpv4Mapped(address) ? address.subarray(12) : address);
}

const MAPPED_BITS = 96;

/** ADDRESS/LENGTH as the tables have it: the length of IPv4 counts the 96 bits in front of it. */
export function mappedPrefix(text: string): { readonly address: Uint8Array; readonly length: number } {
  const slash = text.indexOf("/");
  const address = mappedAddress(text.slice(0, slash));
  const length = Number(text.slice(slash + 1));
  return { address, length: text.includes(":") ? length : length + MAPPED_BITS };
}

export function formatMappedPrefix(address: Uint8Array, length: number): string {
  return `${formatMapped(address)}/${isIpv4Mapped(address) && length >= MAPPED_BITS ? length - MAPPED_BITS : length}`;
}

/** The address with the bits beyond `length` cleared. */
export function networkOf(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, at) => byte & maskByte(length - at * 8));
}

function maskByte(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : 0xff & (0xff00 >>> bits);
}

/** fe80::/10: the same subnet on every link, and never routed (RFC 4291 §2.5.6). */
export function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

/** An address of four big-endian words. */
export function mappedWords(w0: number, w1: number, w2: number, w3: number): Uint8Array {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  [w0, w1, w2, w3].forEach((word, index) => {
    view.setInt32(index * 4, word);
  });
  return address;
}

/** Of 4 or 16 bytes as netlink has them. */
export function mappedBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(bytes, 12);
  return mapped;
}
