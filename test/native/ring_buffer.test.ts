import { describe, expect, it } from "vitest";
import { BpfObject, RingBuffer } from "../../src/native/index.js";
import { compileBpf, root, until } from "./lab.js";

/** Lengths of the packets that program `report` saw. */
function unpack(packed: Buffer, into: number[]): void {
  for (let at = 0; at < packed.length; ) {
    const size = packed.readUInt32LE(at);
    expect(size).toBe(4);
    into.push(packed.readUInt32LE(at + 4));
    at += (4 + size + 7) & ~7;
  }
}

describe.skipIf(!root)("RingBuffer (needs root)", () => {
  it("1 delivers every record once and in order", async () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", maxEntries: { events: 65536 } });
    const program = object.program("report");
    const seen: number[] = [];
    const ring = new RingBuffer(object.map("events"), (packed) => unpack(packed, seen));
    for (let length = 64; length < 264; length++) program.testRun({ data: new Uint8Array(length) });
    await until(() => seen.length === 200, "200 records");
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => 64 + i));
    ring.close();
    ring.close();
    object.close();
  });

  it("2 may be closed by its own callback", async () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
    let calls = 0;
    const ring: RingBuffer = new RingBuffer(object.map("events"), () => {
      calls += 1;
      ring.close();
    });
    object.program("report").testRun({ data: new Uint8Array(64) });
    await until(() => calls === 1, "the first record");
    object.close();
  });

  it("3 refuses a map of another type", () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: [] });
    expect(() => new RingBuffer(object.map("table"), () => {})).toThrow(/not a ring buffer/);
    object.close();
  });
});
