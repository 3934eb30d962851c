import { describe, expect, it } from "vitest";
import { MemoryDriver } from "../../src/dataplane/memory/driver.js";
import { uplinkFilter } from "../../src/dataplane/userspace/filter.js";
import { Verdict } from "../../src/engine/decision.js";
import { randomNumbers, randomSuperPacket, superPacket } from "./packets.js";
import { VtepTables } from "./vtep_tables.js";

interface Metadata {
  readonly packetType?: number;
  readonly tagged?: boolean;
}

const METADATA = 0xfffff000;

function load(frame: Uint8Array, at: number, size: number, metadata: Metadata): number {
  if (at === METADATA + 4) return metadata.packetType ?? 0;
  if (at === METADATA + 48) return metadata.tagged ? 1 : 0;
  if (at + size > frame.length) return Number.NaN;
  return Buffer.from(frame).readUIntBE(at, size);
}

/** The classic BPF machine as filter.txt of the Linux documentation describes it, as far as the filter uses it. */
function accepts(filter: Uint8Array, frame: Uint8Array, metadata: Metadata = {}): boolean {
  const view = Buffer.from(filter);
  let [accumulator, index] = [0, 0];
  for (let pc = 0; pc < filter.length / 8; pc++) {
    const [code, k] = [view.readUInt16LE(pc * 8), view.readUInt32LE(pc * 8 + 4)];
    const jump = (holds: boolean): number => view[pc * 8 + (holds ? 2 : 3)]!;
    if (code === 0x20) accumulator = load(frame, k, 4, metadata);
    else if (code === 0x28) accumulator = load(frame, k, 2, metadata);
    else if (code === 0x30) accumulator = load(frame, k, 1, metadata);
    else if (code === 0x48) accumulator = load(frame, index + k, 2, metadata);
    else if (code === 0xb1) index = (load(frame, k, 1, metadata) & 0xf) * 4;
    else if (code === 0x15) pc += jump(accumulator === k);
    else if (code === 0x25) pc += jump(accumulator > k);
    else if (code === 0x35) pc += jump(accumulator >= k);
    else if (code === 0x45) pc += jump((accumulator & k) !== 0);
    else if (code === 0x06) return k !== 0;
    else throw new Error(`unknown operation ${code}`);
    // A load beyond the frame ends the program and refuses.
    if (Number.isNaN(accumulator) || Number.isNaN(index)) return false;
  }
  throw new Error("ran off the end");
}

function setUp(ipv6: boolean) {
  const vtep = new VtepTables(ipv6 ? "fd00:0:0:0:0:0:0:c" : "192.168.7.12");
  const uplink = vtep.uplink({ name: "up0", ifindex: 1 });
  vtep.bridgeDomain(1, 100);
  const filter = uplinkFilter(vtep.tables.settings);
  const driver = new MemoryDriver(vtep.tables);
  return { filter, isOurs: (frame: Uint8Array) => driver.receive(uplink, frame, 0).verdict !== Verdict.PASS };
}

describe("uplinkFilter", () => {
  for (const ipv6 of [false, true]) {
    it(`passes over IPv${ipv6 ? 6 : 4} what the engine takes for ours, and nothing else`, () => {
      const random = randomNumbers(8);
      const { filter, isOurs } = setUp(ipv6);
      let [ours, others] = [0, 0];
      for (let round = 0; round < 2000; round++) {
        const facts = randomSuperPacket(random, true);
        const frame = superPacket({
          ...facts,
          payload: facts.payload.subarray(0, 10),
          tunnel: { ...facts.tunnel!, ipv6 },
        });
        // One byte of the outer headers changed, in three rounds of four.
        if (random(4) !== 0) frame[random(ipv6 ? 62 : 42)] = random(256);
        expect(accepts(filter, frame)).toBe(isOurs(frame));
        if (isOurs(frame)) ours += 1;
        else others += 1;
      }
      expect(Math.min(ours, others)).toBeGreaterThan(200);
    });
  }

  it("passes IPv4 options and first fragments, refuses later ones", () => {
    const { filter } = setUp(false);
    const packet = superPacket({
      ...randomSuperPacket(randomNumbers(9), true),
      tunnel: { ipv6: false, checksum: false, id: 1 },
    });
    expect(accepts(filter, packet)).toBe(true);
    const withOptions = Uint8Array.from([...packet.slice(0, 34), 1, 1, 1, 1, ...packet.slice(34)]);
    withOptions[14] = 0x46;
    expect(accepts(filter, withOptions)).toBe(true);
    const fragment = packet.slice();
    fragment.set([0x20, 0], 20);
    expect(accepts(filter, fragment)).toBe(true);
    fragment.set([0x20, 1], 20);
    expect(accepts(filter, fragment)).toBe(false);
  });

  it("refuses frames for another MAC, of another VLAN, and cut short", () => {
    const { filter } = setUp(false);
    const packet = superPacket({
      ...randomSuperPacket(randomNumbers(9), true),
      tunnel: { ipv6: false, checksum: false, id: 1 },
    });
    expect(accepts(filter, packet, { packetType: 3 })).toBe(false);
    expect(accepts(filter, packet, { tagged: true })).toBe(false);
    for (let length = 0; length < 38; length++) expect(accepts(filter, packet.slice(0, length))).toBe(false);
  });
});
