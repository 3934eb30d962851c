/** IP and MAC addresses between bytes and the one text form that serves as key and in messages (RFC 5952). */
import ipaddr from "ipaddr.js";

/** Null for anything but a plain IPv4 or IPv6 address: no shorthand ("10.1"), no zone ("fe80::1%eth0"). */
export function parseIp(text: string): Uint8Array | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
  if (!text.includes("%") && ipaddr.IPv6.isValid(text)) return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
  return null;
}

/** 4 or 16 bytes in network order; other lengths as hexadecimal, so that a log line never throws. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return toHex(bytes, "");
  return isIpv4Mapped(bytes) ? `::ffff:${bytes.subarray(12).join(".")}` : formatGroups(bytes);
}

/** Bytes 02:00:... in lower case. */
export function formatMacBytes(bytes: Uint8Array): string {
  return toHex(bytes, ":");
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2): zebra names IPv4 VTEPs so when they are next hops of IPv6 routes. */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((b) => b === 0);
}

function toHex(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

function formatGroups(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  const zeros = longestZeroRun(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  if (zeros.length < 2) return text(0, 8);
  return `${text(0, zeros.start)}::${text(zeros.start + zeros.length, 8)}`;
}

/** The first of the longest runs of zero groups (RFC 5952 §4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
