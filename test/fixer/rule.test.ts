import { describe, expect, it } from "vitest";
import { FixKind } from "../../src/abi/generated.js";
import { EthertypeFix, fixEthertype } from "../../src/wire/ethertype_fix.js";
import { toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { rounds } from "../effort.js";
import { expectedBytes, fixCases } from "./cases.js";
import { fuzzedFrame, shapeFault } from "./fuzzed.js";
import { KINDS } from "./kinds.js";

const FUZZED = rounds(100_000);

describe("the rule of the Ethertype fixer", () => {
  it("has ids of its own for all cases", () => {
    const ids = fixCases.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it("counts as the programs count", () => {
    const { KINDS: _, ...kinds } = FixKind;
    expect(kinds).toEqual(EthertypeFix);
  });

  for (const one of fixCases) {
    it(`${one.id} [${one.spec}]`, () => {
      const frame = one.frame.slice();
      expect(KINDS[fixEthertype(frame, 0, frame.length, one.ipv6 ?? false)]).toBe(one.kind);
      expect(toHex(frame)).toBe(toHex(expectedBytes(one)));
    });
  }

  it("finds nothing more to do in what it repaired", () => {
    for (const one of fixCases) {
      const frame = expectedBytes(one);
      const again = KINDS[fixEthertype(frame, 0, frame.length, one.ipv6 ?? false)];
      expect(again, one.id).toBe(one.kind.startsWith("fixed") ? "passed" : one.kind);
    }
  });

  it("reads and writes within the frame only, wherever it lies", () => {
    for (const { frame, ipv6 = false, kind } of fixCases) {
      for (const rest of [0x00, 0x45, 0xff]) {
        const pool = new Uint8Array(frame.length + 200).fill(rest);
        pool.set(frame, 100);
        expect(KINDS[fixEthertype(pool, 100, frame.length, ipv6)]).toBe(kind);
        expect(pool.subarray(0, 100).every((byte) => byte === rest)).toBe(true);
        expect(pool.subarray(100 + frame.length).every((byte) => byte === rest)).toBe(true);
      }
    }
  });

  it(`changes nothing but two bytes of ${FUZZED} frames`, () => {
    const random = new Random(86);
    const seen = new Set<string>();
    for (let at = 0; at < FUZZED; at++) {
      const before = fuzzedFrame(random);
      const after = before.slice();
      const kind = KINDS[fixEthertype(after, 0, after.length, at % 2 === 1)]!;
      seen.add(kind);
      const fault = shapeFault(before, after, kind);
      if (fault !== "") throw new Error(`${fault}: ${toHex(before)}`);
    }
    expect([...seen].sort()).toEqual([...KINDS].sort());
  });
});
