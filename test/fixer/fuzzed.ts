// Frames of the corpus, bent: types, first bytes and lengths more often than the rest, so that all outcomes are met.

import type { Random } from "../corpus/random.js";
import { fixCases, type Kind } from "./cases.js";

const TYPES = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806];
const FIRST_BYTES = [0x45, 0x60, 0x4f, 0x44, 0x65];
const TYPES_AT = [12, 16, 20];

export function fuzzedFrame(random: Random): Uint8Array {
  const { frame } = random.pick(fixCases);
  const cut = random.chance(4) ? random.below(frame.length + 1) : frame.length;
  const bytes = frame.slice(0, cut);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number) => {
    if (at + 2 <= bytes.length) view.setUint16(at, value);
  };
  const typeAt = random.pick(TYPES_AT);
  if (random.chance(2)) put(typeAt, random.pick(TYPES));
  if (random.chance(3) && typeAt + 2 < bytes.length) bytes[typeAt + 2] = random.pick(FIRST_BYTES);
  if (random.chance(3)) put(typeAt + 4, random.below(bytes.length + 4));
  if (bytes.length > 0 && random.chance(3)) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

/** What must hold whatever the frame is: only a repair changes bytes, two neighbours, from one IP type to the other. */
export function shapeFault(before: Uint8Array, after: Uint8Array, kind: Kind): string {
  if (before.length !== after.length) return "another length";
  const at = before.findIndex((byte, index) => byte !== after[index]);
  if (kind === "passed" || kind === "suspicious") return at < 0 ? "" : `${kind}, but byte ${at} changed`;
  if (!TYPES_AT.includes(at)) return `${kind} at byte ${at}`;
  const [from, to] = kind === "fixed4" ? [0x86dd, 0x0800] : [0x0800, 0x86dd];
  const typeOf = (frame: Uint8Array) => (frame[at]! << 8) | frame[at + 1]!;
  if (typeOf(before) !== from || typeOf(after) !== to) return `${kind} of another type`;
  return before.subarray(at + 2).every((byte, index) => byte === after[at + 2 + index])
    ? ""
    : "more than two bytes changed";
}
