// Ethernet II framing and MAC addresses (IEEE 802.3, 802.1Q).
// A MAC address travels through the engine as two integers: `hi`, its first two bytes (unsigned),
// and `lo`, its last four (signed 32 bit), so that comparing two of them needs no loop and no string.

import { readI32, readU16, writeI32, writeU16 } from "./bytes.js";

export const ETHERNET_HEADER_BYTES = 14;
export const VLAN_TAG_BYTES = 4;
export const MAC_BYTES = 6;

export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  VLAN: 0x8100, // 802.1Q customer tag
  SERVICE_VLAN: 0x88a8, // 802.1ad service tag
  IPV6: 0x86dd,
} as const;

export interface Mac {
  readonly hi: number;
  readonly lo: number;
}

export function readMac(bytes: Uint8Array, offset: number): Mac {
  return { hi: readU16(bytes, offset), lo: readI32(bytes, offset + 2) };
}

export function writeMac(bytes: Uint8Array, offset: number, hi: number, lo: number): void {
  writeU16(bytes, offset, hi);
  writeI32(bytes, offset + 2, lo);
}

/** Group bit of the first byte: multicast, and broadcast with it. */
export function isGroupMac(hi: number): boolean {
  return (hi & 0x0100) !== 0;
}

export function isBroadcastMac(hi: number, lo: number): boolean {
  return hi === 0xffff && lo === -1;
}

export function isZeroMac(hi: number, lo: number): boolean {
  return hi === 0 && lo === 0;
}

/** 01:80:c2:00:00:00 to :0f, which no bridge forwards (IEEE 802.1Q-2018 §8.6.3, table 8-1). */
export function isReservedMulticast(hi: number, lo: number): boolean {
  return hi === 0x0180 && (lo & ~0xf) === (0xc2000000 | 0);
}

/** Accepts `aa:bb:cc:dd:ee:ff` in either case; undefined where the text is not a MAC address. */
export function parseMac(text: string): Mac | undefined {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return undefined;
  const bytes = text.split(":").map((part) => Number.parseInt(part, 16));
  return readMac(Uint8Array.from(bytes), 0);
}

export function formatMac(hi: number, lo: number): string {
  const bytes = [hi >>> 8, hi, lo >>> 24, lo >>> 16, lo >>> 8, lo];
  return bytes.map((byte) => (byte & 0xff).toString(16).padStart(2, "0")).join(":");
}
