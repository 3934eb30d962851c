// Frames of hosts, and what the VTEP asks of them, in the fewest words.

import { formatMapped, mappedAddress } from "../../../src/control/mapped_address.js";
import { addToSum, checksumOf } from "../../../src/wire/checksum.js";
import { formatMac, parseMac, readMac, writeMac } from "../../../src/wire/ethernet.js";
import { icmpSum } from "../../../src/wire/nd.js";

export interface Host {
  readonly mac: string;
  readonly ip: string;
}

function start(length: number, to: string, from: string, etherType: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  setMac(bytes, 0, to);
  setMac(bytes, 6, from);
  view.setUint16(12, etherType);
  return { bytes, view };
}

function setMac(bytes: Uint8Array, at: number, text: string): void {
  const { hi, lo } = parseMac(text)!;
  writeMac(bytes, at, hi, lo);
}

function setIp(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(text.includes(":") ? mappedAddress(text) : mappedAddress(text).subarray(12), at);
}

/** ARP, operation 1 to ask and 2 to answer. */
export function arp(operation: 1 | 2, from: Host, toMac: string, targetIp: string): Uint8Array {
  const { bytes, view } = start(60, toMac, from.mac, 0x0806);
  view.setInt32(14, 0x00010800);
  view.setUint16(18, 0x0604);
  view.setUint16(20, operation);
  setMac(bytes, 22, from.mac);
  setIp(bytes, 28, from.ip);
  setIp(bytes, 38, targetIp);
  return bytes;
}

export function gratuitousArp(host: Host): Uint8Array {
  return arp(2, host, "ff:ff:ff:ff:ff:ff", host.ip);
}

/** An answer to `toMac` at `toIp`, with the target's MAC. */
export function advertisement(host: Host, toMac: string, toIp: string): Uint8Array {
  const { bytes, view } = start(14 + 40 + 32, toMac, host.mac, 0x86dd);
  view.setInt32(14, 0x60000000);
  view.setUint16(18, 32);
  view.setUint16(20, (58 << 8) | 255);
  setIp(bytes, 22, host.ip);
  setIp(bytes, 38, toIp);
  bytes[54] = 136;
  bytes[58] = 0x60;
  setIp(bytes, 62, host.ip);
  view.setUint16(78, (2 << 8) | 1);
  setMac(bytes, 80, host.mac);
  view.setUint16(56, icmpSum(view, 14, 32));
  return bytes;
}

/** UDP without a checksum; `mark` is its payload. */
export function packet(from: Host, toMac: string, toIp: string, mark: number): Uint8Array {
  const ipv6 = toIp.includes(":");
  const headerBytes = ipv6 ? 40 : 20;
  const { bytes, view } = start(14 + headerBytes + 12, toMac, from.mac, ipv6 ? 0x86dd : 0x0800);
  if (ipv6) {
    view.setInt32(14, 0x60000000);
    view.setUint16(18, 12);
    view.setUint16(20, (17 << 8) | 64);
  } else {
    view.setInt32(14, 0x45000020);
    view.setUint16(22, (64 << 8) | 17);
  }
  setIp(bytes, ipv6 ? 22 : 26, from.ip);
  setIp(bytes, ipv6 ? 38 : 30, toIp);
  if (!ipv6) view.setUint16(24, checksumOf(addToSum(0, bytes, 14, 20)));
  view.setUint16(14 + headerBytes + 4, 12);
  view.setUint32(14 + headerBytes + 8, mark);
  return bytes;
}

/** The payload of packet(). */
export function markOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(frame.length - 4);
}

/** "ARP 192.168.1.9 for 192.168.1.1 at 94:…, to ff:…" of a request, or "NS …"; undefined for anything else. */
export function questionOf(frame: Uint8Array): string | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const to = macAt(frame, 0);
  const from = macAt(frame, 6);
  if (view.getUint16(12) === 0x0806 && view.getUint16(20) === 1) {
    return `ARP ${ip4At(frame, 38)} for ${ip4At(frame, 28)} at ${from}, to ${to}`;
  }
  if (view.getUint16(12) !== 0x86dd || frame[20] !== 58 || frame[54] !== 135) return undefined;
  const sound = icmpSum(view, 14, view.getUint16(18)) === 0 && frame[21] === 255;
  const group = formatMapped(frame.subarray(38, 54));
  return `NS ${ip6At(frame, 62)} for ${ip6At(frame, 22)} at ${from}, to ${to} ${group}${sound ? "" : " unsound"}`;
}

export function macAt(frame: Uint8Array, at: number): string {
  const { hi, lo } = readMac(frame, at);
  return formatMac(hi, lo);
}

function ip4At(frame: Uint8Array, at: number): string {
  return [...frame.subarray(at, at + 4)].join(".");
}

function ip6At(frame: Uint8Array, at: number): string {
  return formatMapped(frame.subarray(at, at + 16));
}
