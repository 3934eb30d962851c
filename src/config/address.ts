// IP addresses, prefixes and MACs as text: strict reading, the fault in words, the canonical spelling.
// It refuses what C libraries let through: octal and short IPv4 forms, zone indexes, IPv4-mapped IPv6 addresses.

import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface Prefix {
  readonly address: Address;
  readonly length: number;
}

/** undefined if the text is not an address. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  return isIPv6(text) && !text.includes("%") ? ipaddr.IPv6.parse(text) : undefined;
}

export function familyOf(address: Address): "IPv4" | "IPv6" {
  return address.kind() === "ipv4" ? "IPv4" : "IPv6";
}

/** SPEC: RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Why an address cannot belong to one host, or undefined if it can. */
export function unicastFault(address: Address): string | undefined {
  switch (address.range()) {
    case "unspecified":
      return "is the unspecified address";
    case "broadcast":
      return "is the broadcast address";
    case "multicast":
      return "is a multicast address";
    case "loopback":
      return "is a loopback address";
    case "ipv4Mapped":
      return "is an IPv4 address in IPv6 form";
    default:
      return undefined;
  }
}

export function isIpv6LinkLocal(address: Address): boolean {
  return address.kind() === "ipv6" && address.range() === "linkLocal";
}

/** undefined if the text is not ADDRESS/LENGTH. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = "", lengthText = "", ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  return length <= addressBits(address) ? { address, length } : undefined;
}

export function addressBits(address: Address): 32 | 128 {
  return address.kind() === "ipv4" ? 32 : 128;
}

/** What stands behind the prefix length: the network itself, its highest address, or a host of it. */
export function hostPart({ address, length }: Prefix): "none" | "zeros" | "ones" | "host" {
  const hostBits = BigInt(addressBits(address) - length);
  if (hostBits === 0n) return "none";
  const ones = (1n << hostBits) - 1n;
  const host = toInteger(address) & ones;
  if (host === 0n) return "zeros";
  return host === ones ? "ones" : "host";
}

export function formatPrefix({ address, length }: Prefix): string {
  return `${formatAddress(address)}/${length}`;
}

/** The prefix that ADDRESS/LENGTH lies in, as text. */
export function networkOf({ address, length }: Prefix): string {
  const shift = BigInt(addressBits(address) - length);
  const bytes = toBytes((toInteger(address) >> shift) << shift, addressBits(address) / 8);
  return formatPrefix({ address: ipaddr.fromByteArray(bytes), length });
}

function toInteger(address: Address): bigint {
  return address.toByteArray().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toBytes(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((value >> BigInt(8 * (count - 1 - index))) & 0xffn));
}

const MAC_SPELLINGS = [
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/i,
];

const CANONICAL_MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** Lower case with colons; undefined if the text is not a MAC address. */
export function canonicalMac(text: string): string | undefined {
  if (CANONICAL_MAC.test(text)) return text;
  if (!MAC_SPELLINGS.some((spelling) => spelling.test(text))) return undefined;
  const digits = text.replace(/[^0-9a-f]/gi, "").toLowerCase();
  return digits.replace(/(..)(?!$)/g, "$1:");
}

/** Why a MAC cannot belong to one host, or undefined if it can. */
export function unicastMacFault(mac: string): string | undefined {
  if (mac === "00:00:00:00:00:00") return "is the zero MAC address";
  if (mac === "ff:ff:ff:ff:ff:ff") return "is the broadcast MAC address";
  return Number.parseInt(mac.slice(0, 2), 16) & 1 ? "is a multicast MAC address" : undefined;
}
