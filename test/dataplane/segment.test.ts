import { describe, expect, it } from "vitest";
import { completeChecksum } from "../../src/dataplane/io/complete_checksum.js";
import { copyAndSum } from "../../src/dataplane/userspace/copy_sum.js";
import { framePool } from "../../src/dataplane/userspace/frame_pool.js";
import { PartialChecksums } from "../../src/dataplane/userspace/partial_checksum.js";
import { Segmenter } from "../../src/dataplane/userspace/segment.js";
import {
  FRAME_CHECKSUM_PARTIAL,
  GSO_ECN,
  GSO_TCPV4,
  GSO_TCPV6,
  GSO_UDP,
  GSO_UDP_L4,
} from "../../src/native/descriptor.js";
import {
  checksumStart,
  naiveSum,
  randomNumbers,
  randomSuperPacket,
  type SuperPacketFacts,
  segmentsOf,
  superPacket,
} from "./packets.js";

function gsoType({ protocol, ipv6 }: SuperPacketFacts): number {
  if (protocol === "udp") return GSO_UDP_L4;
  return ipv6 ? GSO_TCPV6 : GSO_TCPV4;
}

/** The checksum is complete, or not said to be partial. */
const ABSENT = -1;

/** Cuts a frame that lies at `offset` of a larger pool, as in a receive slot. */
function cut(
  segmenter: Segmenter,
  frame: Uint8Array,
  offset: number,
  type: number,
  size: number,
  start: number,
  complete = true,
): Uint8Array[] {
  const pool = framePool(new Uint8Array(offset + frame.length + 64));
  pool.bytes.set(frame, offset);
  const [flags, from] = start === ABSENT ? [0, 0] : [FRAME_CHECKSUM_PARTIAL, start];
  const descriptor = Int32Array.of(offset, frame.length, 0, flags, type, size, from, 0);
  const count = segmenter.begin(pool, descriptor, 0, complete);
  return Array.from({ length: count }, () => {
    if (!segmenter.next()) {
      segmenter.rewind();
      segmenter.next();
    }
    const end = segmenter.offset + segmenter.length;
    if (!complete) completeChecksum(segmenter.bytes, segmenter.checksumStart, segmenter.checksumField, end);
    return segmenter.bytes.slice(segmenter.offset, end);
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const PLAIN: SuperPacketFacts = {
  ipv6: false,
  protocol: "tcp",
  tags: [],
  options: new Uint8Array(0),
  payload: new Uint8Array(3000).fill(1),
  sequence: 1,
  flags: 0x18,
  id: 1,
};

describe("Segmenter", () => {
  for (const tunnel of [false, true]) {
    it(`cuts 200 random super-packets${tunnel ? " in VXLAN" : ""} as their fields are defined`, () => {
      const random = randomNumbers(tunnel ? 2 : 1);
      const segmenter = new Segmenter();
      for (let round = 0; round < 200; round++) {
        const facts = randomSuperPacket(random, tunnel);
        const size = 1 + random(2000) + 5;
        const start = random(4) === 0 && facts.protocol === "tcp" ? ABSENT : checksumStart(facts);
        const ecn = random(2) === 0 ? GSO_ECN : 0;
        const segments = cut(segmenter, superPacket(facts), 128 + random(8), gsoType(facts) | ecn, size, start);
        expect(segments.map(hex)).toEqual(segmentsOf(facts, size).map(hex));
      }
    });
  }

  it("leaves checksums partial where asked, to be completed later", () => {
    const random = randomNumbers(10);
    for (let round = 0; round < 100; round++) {
      const facts = randomSuperPacket(random, false);
      const segments = cut(new Segmenter(), superPacket(facts), 128, gsoType(facts), 1400, checksumStart(facts), false);
      expect(segments.map(hex)).toEqual(segmentsOf(facts, 1400).map(hex));
    }
  });

  it("joins a super-packet again behind the headers that its first segment has got", () => {
    const random = randomNumbers(11);
    const segmenter = new Segmenter();
    for (let round = 0; round < 100; round++) {
      const facts = randomSuperPacket(random, random(2) === 0);
      const frame = superPacket(facts);
      const pool = framePool(new Uint8Array(256 + frame.length));
      pool.bytes.set(frame, 128);
      const start = checksumStart(facts);
      const descriptor = Int32Array.of(128, frame.length, 0, FRAME_CHECKSUM_PARTIAL, gsoType(facts), 1400, start, 0);
      segmenter.begin(pool, descriptor, 0, random(2) === 0);
      segmenter.next();
      // Decapsulated, or given one more tag, as on the way to a port.
      const decapsulated = { ...facts, tunnel: undefined, tags: facts.tunnel === undefined ? [5, ...facts.tags] : [] };
      const expected = superPacket(decapsulated);
      const headersAt = segmenter.offset + start - checksumStart(decapsulated);
      segmenter.bytes.set(expected.subarray(0, 14 + decapsulated.tags.length * 4), headersAt);
      expect(segmenter.rejoin(headersAt)).toBe(true);
      expect(segmenter.bytes).toBe(pool.bytes);
      const joined = pool.bytes.subarray(segmenter.offset, segmenter.offset + segmenter.length);
      expect(hex(joined)).toBe(hex(expected));
      expect(segmenter.checksumStart - segmenter.offset).toBe(checksumStart(decapsulated));
    }
  });

  it("leaves a zero UDP checksum zero", () => {
    const facts: SuperPacketFacts = { ...PLAIN, protocol: "udp" };
    const frame = superPacket(facts);
    frame.set([0, 0], 14 + 20 + 6);
    for (const segment of cut(new Segmenter(), frame, 128, GSO_UDP_L4, 1000, ABSENT)) {
      expect([...segment.slice(40, 42)]).toEqual([0, 0]);
    }
  });

  it("tells UDP in a tunnel from the tunnel's own by where the checksum starts", () => {
    const facts: SuperPacketFacts = { ...PLAIN, protocol: "udp", tunnel: { ipv6: false, checksum: false, id: 5 } };
    const inner = cut(new Segmenter(), superPacket(facts), 128, GSO_UDP_L4, 1000, checksumStart(facts));
    expect(inner.map((bytes) => bytes.length)).toEqual([1000 + 92, 1000 + 92, 1000 + 92]);
    const outer = cut(new Segmenter(), superPacket(facts), 128, GSO_UDP_L4, 1000, 34);
    expect(outer.map((bytes) => bytes.length)).toEqual([1042, 1042, 1042, 92 - 42 + 42]);
  });

  it("refuses what it cannot cut: UFO, no segment size, thousands of segments, other protocols", () => {
    const segmenter = new Segmenter();
    const frame = superPacket(PLAIN);
    expect(cut(segmenter, frame, 128, GSO_UDP, 1000, ABSENT)).toEqual([]);
    expect(cut(segmenter, frame, 128, GSO_TCPV4, 0, ABSENT)).toEqual([]);
    expect(cut(segmenter, frame, 128, GSO_TCPV4, 1, ABSENT)).toEqual([]);
    expect(cut(segmenter, frame, 128, GSO_UDP_L4, 1000, ABSENT)).toEqual([]);
  });

  it("never reads beyond a truncated or damaged frame, nor throws", () => {
    const random = randomNumbers(3);
    const segmenter = new Segmenter();
    for (let round = 0; round < 1000; round++) {
      const facts = randomSuperPacket(random, random(2) === 0);
      const frame = superPacket(facts).slice(0, random(200));
      for (let damage = random(4); damage > 0 && frame.length > 0; damage--) frame[random(frame.length)] = random(256);
      for (const segment of cut(segmenter, frame, 128, gsoType(facts), 1 + random(100), ABSENT)) {
        expect(segment.length).toBeLessThanOrEqual(frame.length);
      }
    }
  });
});

describe("copyAndSum", () => {
  it("copies and sums regions of every alignment", () => {
    const random = randomNumbers(4);
    const from = framePool(Uint8Array.from({ length: 4096 }, () => random(256)));
    for (let round = 0; round < 300; round++) {
      const to = framePool(new Uint8Array(8192));
      const at = random(64);
      const target = at + 4 * random(16) + 64;
      const length = round < 40 ? round >> 1 : random(3000);
      const sum = copyAndSum(from, at, to, target, length);
      const bytes = from.bytes.slice(at, at + length);
      expect(Buffer.compare(to.bytes.subarray(target, target + length), bytes)).toBe(0);
      expect(to.bytes[target - 1]! + to.bytes[target + length]!).toBe(0);
      expect(sum % 0xffff).toBe(naiveSum([...bytes]) % 0xffff);
    }
  });
});

describe("PartialChecksums", () => {
  const random = randomNumbers(5);
  const checksums = new PartialChecksums();

  for (const tunnel of [false, true]) {
    it(`completes partial ones and leaves complete ones alone${tunnel ? ", in VXLAN" : ""}`, () => {
      for (let round = 0; round < 200; round++) {
        const random200 = randomSuperPacket(random, tunnel);
        const facts = { ...random200, payload: random200.payload.subarray(0, 200) };
        const complete = segmentsOf(facts, 200)[0]!;
        const frame = superPacket(facts);
        // The outer checksum of a tunnelled frame covers the inner one and is not looked at again.
        checksums.complete(frame, 0, frame.length, tunnel);
        expect([...frame.slice(checksumStart(facts))]).toEqual([...complete.slice(checksumStart(facts))]);
        const again = complete.slice();
        checksums.complete(again, 0, again.length, tunnel);
        expect(again).toEqual(complete);
      }
    });
  }

  it("looks at no bytes behind the IP packet: frames are padded to 60 bytes", () => {
    const facts: SuperPacketFacts = { ...PLAIN, payload: Uint8Array.of(1) };
    const padded = new Uint8Array(60).fill(0xaa);
    padded.set(superPacket(facts));
    checksums.complete(padded, 0, 60, false);
    expect([...padded.slice(0, 55)]).toEqual([...segmentsOf(facts, 1)[0]!]);
  });

  it("does not take a later fragment's bytes for a header", () => {
    const frame = superPacket(PLAIN);
    frame.set([0, 1], 20);
    const before = frame.slice();
    checksums.complete(frame, 0, frame.length, false);
    expect(frame).toEqual(before);
  });

  it("leaves a complete checksum that happens to look partial", () => {
    const facts: SuperPacketFacts = { ...PLAIN, payload: Uint8Array.of(0, 0) };
    // The sum of everything but the field must be zero for field = pseudo sum to be valid: choose the payload so.
    const frame = superPacket(facts);
    const field = (frame[50]! << 8) | frame[51]!;
    const others = naiveSum([...frame.slice(34, 50), ...frame.slice(52)]);
    // pseudo + others + field + payload = 0xffff, with field = pseudo.
    const payload = (0xffff * 4 - field * 2 - others) % 0xffff;
    frame.set([payload >>> 8, payload & 0xff], frame.length - 2);
    const before = frame.slice();
    checksums.complete(frame, 0, frame.length, false);
    expect(frame).toEqual(before);
  });
});
