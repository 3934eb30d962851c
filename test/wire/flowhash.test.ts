import { describe, expect, it } from "vitest";
import { readMac } from "../../src/wire/ethernet.js";
import { flowHash } from "../../src/wire/flowhash.js";
import { entropyPort, naiveFlowHash } from "../corpus/entropy.js";
import { datagram, datagram6, H1, R1 } from "../corpus/lab.js";
import { arp, concat, ethernet, ipv4, packet, payload, tcp, udp } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

/** The fast hash, unsigned, of a frame that stands `shift` bytes into a buffer of noise. */
function fast(frame: Uint8Array, shift = 0): number {
  const buffer = concat(new Uint8Array(shift).fill(0xee), frame, new Uint8Array(64).fill(0xdd));
  const [to, from] = [readMac(frame, 0), readMac(frame, 6)];
  return flowHash(new DataView(buffer.buffer), shift, frame.length, to.hi, to.lo, from.hi, from.lo) >>> 0;
}

const withIp = (fields: Parameters<typeof ipv4>[2], ports: readonly [number, number] = [1, 2]) =>
  packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, fields), udp(...ports), payload(8));

describe("flow hash", () => {
  it("is pinned: another value would move every flow at an upgrade", () => {
    expect(fast(datagram(H1, R1))).toBe(0x14f6b071);
    expect(fast(datagram6(H1, R1))).toBe(0xeab3e697);
    expect(fast(packet(ethernet(H1.mac, R1.mac), arp(H1.mac, H1.ip, R1.ip)))).toBe(0x2cb052a9);
  });

  it("agrees with the naive one on random frames of every kind and length", () => {
    const random = new Random(4);
    for (let round = 0; round < 2000; round++) {
      const frame = random.bytes(14 + random.below(80));
      frame.set(
        random.pick([
          [8, 0],
          [0x86, 0xdd],
          [8, 6],
          [0x12, 0x34],
        ]),
        12,
      );
      if (frame.length > 24 && random.chance(2))
        frame.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, random.pick([6, 17, 132, 1])], 14);
      expect(fast(frame, random.below(9))).toBe(naiveFlowHash(frame));
    }
  });

  it("keeps a datagram's fragments together", () => {
    const first = fast(withIp({ mf: true }));
    expect(fast(withIp({ mf: true, offset: 40 }, [9, 9]))).toBe(first);
    expect(fast(withIp({ offset: 80 }, [7, 7]))).toBe(first);
    expect(fast(withIp({}))).not.toBe(first);
  });

  it("does not take options for ports", () => {
    const options = (first: number) => withIp({ options: Uint8Array.of(first, 1, 1, 0) });
    expect(fast(options(0x94))).toBe(fast(options(1)));
  });

  it("ignores what varies within a flow", () => {
    expect(fast(withIp({ ttl: 9, tos: 0x2c, id: 5, df: true }))).toBe(fast(withIp({})));
    const segment = (sequence: number, length: number) =>
      packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(1, 2, { sequence }), payload(length));
    expect(fast(segment(1, 10))).toBe(fast(segment(777, 90)));
  });

  it("spreads 10000 flows over at least 90 % of 1024 source ports, evenly (S8)", () => {
    const buckets = new Uint32Array(1024);
    for (let flow = 0; flow < 10000; flow++) {
      const frame = datagram(H1, R1, 0, [1024 + (flow % 100), 5000 + Math.floor(flow / 100)]);
      buckets[entropyPort(frame, 0, 1023)]! += 1;
    }
    const mean = 10000 / 1024;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    expect(buckets.filter((count) => count > 0).length).toBeGreaterThanOrEqual(922);
    // 1023 degrees of freedom: mean 1023, standard deviation 45. Six of them would be a broken hash.
    expect(chiSquare).toBeLessThan(1023 + 6 * 45);
  });
});
