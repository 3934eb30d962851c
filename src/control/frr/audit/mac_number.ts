// A MAC as one number, for keys of maps with a hundred thousand of them: 48 bits are exact in a double.

import { formatMac, parseMac } from "../../../wire/ethernet.js";

const HIGH = 2 ** 32;

export function macNumberOf(hi: number, lo: number): number {
  return hi * HIGH + (lo >>> 0);
}

/** undefined where it is none. */
export function macNumberIn(text: string): number | undefined {
  const mac = parseMac(text);
  return mac && macNumberOf(mac.hi, mac.lo);
}

export function macHalves(mac: number): { readonly hi: number; readonly lo: number } {
  return { hi: Math.floor(mac / HIGH), lo: (mac % HIGH) | 0 };
}

export function macText(mac: number): string {
  const { hi, lo } = macHalves(mac);
  return formatMac(hi, lo);
}

export function macBytesOf(mac: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  const { hi, lo } = macHalves(mac);
  view.setUint16(0, hi);
  view.setInt32(2, lo);
  return bytes;
}
