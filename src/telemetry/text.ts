// Addresses of the tables as text, in the one spelling that views use.

import ipaddr from "ipaddr.js";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A MAC from its two words: bytes 0–1, and bytes 2–5 as a signed or unsigned 32-bit integer. */
export function macText(hi: number, lo: number): string {
  const left = `${HEX[(hi >>> 8) & 0xff]}:${HEX[hi & 0xff]}:${HEX[lo >>> 24]}`;
  return `${left}:${HEX[(lo >>> 16) & 0xff]}:${HEX[(lo >>> 8) & 0xff]}:${HEX[lo & 0xff]}`;
}

/** The words of a MAC written with colons; undefined if the text is not one. */
export function macWords(text: string): { readonly hi: number; readonly lo: number } | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  const digits = text.replaceAll(":", "");
  return { hi: Number.parseInt(digits.slice(0, 4), 16), lo: Number.parseInt(digits.slice(4), 16) | 0 };
}

/** 16 bytes, IPv4 as ::ffff:a.b.c.d. SPEC: RFC 5952 for IPv6. */
export function addressText(bytes: Uint8Array): string {
  const address = new ipaddr.IPv6(Array.from(bytes));
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/** Any spelling of an address in the one that addressText uses; a text that is none stays as it is. */
export function canonicalAddress(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
