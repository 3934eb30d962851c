import { describe, expect, it } from "vitest";
import { decodeAcknowledgement, decodeDone } from "../../../src/control/netlink/acknowledgement.js";
import { ForwardingEntry } from "../../../src/control/netlink/forwarding_entry.js";
import { type MessageHeader, viewOf, walkMessages } from "../../../src/control/netlink/header.js";
import { decodeMessage } from "../../../src/control/netlink/message.js";
import { captures, fromHex } from "./captured.js";

const TYPES = [16, 17, 20, 21, 24, 25, 28, 29, 32, 33, 104, 105, 2, 3, 999];

/** A small generator with a seed, so that a failure repeats (Numerical Recipes constants). */
function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const entry = new ForwardingEntry();

/** Everything a received buffer goes through. A read past the end throws RangeError and so fails the test. */
function decodeAll(bytes: Uint8Array): number {
  let messages = 0;
  const view = viewOf(bytes);
  walkMessages(view, (header) => {
    messages++;
    if (header.type === 2) decodeAcknowledgement(view, header);
    else if (header.type === 3) decodeDone(view, header);
    else decodeMessage(view, header);
    entry.read(view, header.start, header.end);
  });
  return messages;
}

/** The bytes in the middle of a larger buffer, as they lie in a real one. */
function embedded(bytes: Uint8Array): Uint8Array {
  const surroundings = new Uint8Array(bytes.length + 64).fill(0x11);
  surroundings.set(bytes, 32);
  return surroundings.subarray(32, 32 + bytes.length);
}

describe("decoders on garbage", () => {
  it("survive every truncation of every capture, with the length left as it was and with it corrected", () => {
    for (const hex of Object.values(captures)) {
      const whole = fromHex(hex);
      for (let length = 0; length < whole.length; length++) {
        const cut = embedded(whole.subarray(0, length));
        expect(decodeAll(cut)).toBe(0);
        if (length < 16) continue;
        viewOf(cut).setUint32(0, length, true);
        expect(decodeAll(cut)).toBe(1);
      }
    }
  });

  it("survive 60,000 captures with bytes flipped", () => {
    const random = randomSource(1);
    const originals = Object.values(captures).map(fromHex);
    for (let round = 0; round < 60_000; round++) {
      const bytes = embedded(originals[random(originals.length)] ?? new Uint8Array());
      for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
      decodeAll(bytes);
    }
  });

  it("survive 40,000 messages of random bytes behind a sound header", () => {
    const random = randomSource(2);
    for (let round = 0; round < 40_000; round++) {
      const bytes = embedded(Uint8Array.from({ length: 16 + random(120) }, () => random(256)));
      const view = viewOf(bytes);
      view.setUint32(0, bytes.length, true);
      view.setUint16(4, TYPES[random(TYPES.length)] ?? 0, true);
      // Small first attribute lengths let the walk get further than random ones would.
      for (let at = 16; at + 4 <= bytes.length; at += 8) view.setUint16(at, 4 + random(12), true);
      expect(decodeAll(bytes)).toBe(1);
    }
  });

  it("stop at a message of impossible length and say so", () => {
    const one = fromHex(captures.addr4 ?? "");
    const bytes = new Uint8Array(one.length + 16);
    bytes.set(one);
    for (const length of [0, 15, 17, 0xffffffff]) {
      viewOf(bytes).setUint32(one.length, length, true);
      const seen: MessageHeader[] = [];
      expect(walkMessages(viewOf(bytes), (header) => seen.push({ ...header }))).toBe(false);
      expect(seen).toHaveLength(1);
    }
  });
});
