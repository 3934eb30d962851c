import { describe, expect, it } from "vitest";
import { hasOnlyVniFlag, isUdp, parseIp, parseVxlan } from "../../src/lab/outer.js";
import { PcapReader } from "../../src/lab/pcap.js";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** 10.0.0.1:50000 to 10.0.0.2:4789, VNI 100, no UDP checksum, inner frame of two bytes. */
const VXLAN4 = hex(`
  020000000002 020000000001 0800
  45b80026 00004000 20110000 0a000001 0a000002
  c350 12b5 0012 0000
  08000000 00006400
  cafe`);

/** The same over IPv6; the checksum 0x48aa was computed by hand: see the test. */
const udp6 = (checksum: string) =>
  hex(`
  020000000002 020000000001 86dd
  60000000 0012 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002
  c350 12b5 0012 ${checksum}
  08000000 00006400
  cafe`);

describe("outer headers", () => {
  it("reads VXLAN over IPv4", () => {
    const packet = parseVxlan(VXLAN4, 4789);
    expect(packet).toMatchObject({ vni: 100, sourcePort: 50000, udpChecksum: "zero", inner: hex("cafe") });
    expect(packet?.ip).toMatchObject({ source: "10.0.0.1", destination: "10.0.0.2", ttl: 32, tos: 184, df: true });
  });

  it("reads VXLAN over IPv6 and checks its checksum", () => {
    // Pseudo header, UDP header and payload, 16 bits at a time, carries folded, complemented.
    const words = [
      0x2001, 0x0db8, 1, 0x2001, 0x0db8, 2, 0x12, 0x11, 0xc350, 0x12b5, 0x12, 0x0800, 0, 0, 0x6400, 0xcafe,
    ];
    let sum = words.reduce((a, b) => a + b);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    const right = (~sum & 0xffff).toString(16).padStart(4, "0");
    expect(parseVxlan(udp6(right), 4789)).toMatchObject({ vni: 100, udpChecksum: "valid" });
    expect(parseVxlan(udp6(right), 4789)?.ip.destination).toBe("2001:db8::2");
    expect(parseVxlan(udp6("1234"), 4789)?.udpChecksum).toBe("wrong");
  });

  it("sees every reserved bit", () => {
    const flagged = Buffer.from(VXLAN4);
    const at = VXLAN4.length - 10;
    for (const [byte, bit] of [
      [0, 0x80],
      [1, 1],
      [3, 1],
      [7, 1],
    ] as const) {
      VXLAN4.copy(flagged);
      flagged.writeUInt8(flagged.readUInt8(at + byte) | bit, at + byte);
      const packet = parseVxlan(flagged, 4789);
      expect(packet !== undefined && hasOnlyVniFlag(packet)).toBe(false);
    }
    expect(hasOnlyVniFlag(parseVxlan(VXLAN4, 4789) as never)).toBe(true);
  });

  it("takes no other port, no fragment and nothing short for VXLAN", () => {
    expect(parseVxlan(VXLAN4, 8472)).toBeUndefined();
    const fragment = Buffer.from(VXLAN4);
    fragment.writeUInt16BE(0x2000, 20);
    expect(parseVxlan(fragment, 4789)).toBeUndefined();
    expect(parseIp(fragment)?.fragment).toBe(true);
    for (let length = 0; length < VXLAN4.length - 10; length += 1) {
      expect(parseVxlan(VXLAN4.subarray(0, length), 4789)).toBeUndefined();
    }
  });

  it("knows UDP from an ICMP error that quotes it", () => {
    const long = Buffer.concat([VXLAN4, Buffer.alloc(20)]);
    expect(isUdp(long)).toBe(true);
    long.writeUInt8(1, 23);
    expect(isUdp(long)).toBe(false);
  });
});

describe("pcap", () => {
  const header = hex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000");
  const record = (frame: Buffer) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(frame.length, 8);
    head.writeUInt32LE(frame.length, 12);
    return Buffer.concat([head, frame]);
  };

  it("gives the same frames however the stream is cut", () => {
    const stream = Buffer.concat([header, record(hex("aabb")), record(VXLAN4)]);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const reader = new PcapReader();
      const frames = [...reader.push(stream.subarray(0, cut)), ...reader.push(stream.subarray(cut))];
      expect(frames).toEqual([hex("aabb"), VXLAN4]);
    }
  });

  it("refuses anything else", () => expect(() => new PcapReader().push(Buffer.alloc(24))).toThrow(/pcap/));
});
