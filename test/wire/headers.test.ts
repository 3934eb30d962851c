import { describe, expect, it } from "vitest";
import { readI32, readU16, writeI32, writeU16 } from "../../src/wire/bytes.js";
import {
  formatMac,
  isBroadcastMac,
  isGroupMac,
  isReservedMulticast,
  isZeroMac,
  parseMac,
  readMac,
  writeMac,
} from "../../src/wire/ethernet.js";
import { decapsulatedEcn, encapsulatedEcn, readTrafficClass, writeIpv6TrafficClass } from "../../src/wire/ip.js";
import { hasReservedBits, hasVniFlag, readVni } from "../../src/wire/vxlan.js";
import { hex, ipv4, ipv6, packet, toHex, vxlan } from "../corpus/packet.js";

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

describe("integers of a frame", () => {
  it("reads network order", () => {
    expect(readU16(hex("00 fffe"), 1)).toBe(0xfffe);
    expect(readI32(hex("ffffffff"), 0)).toBe(-1);
    expect(readI32(hex("00 01020304"), 1)).toBe(0x01020304);
  });

  it("writes network order and nothing beside", () => {
    const bytes = hex("aa aaaa aaaaaaaa aa");
    writeU16(bytes, 1, 0x11234);
    writeI32(bytes, 3, -2);
    expect(toHex(bytes)).toBe("aa1234fffffffeaa");
  });
});

describe("MAC addresses", () => {
  it("travel as two integers and come back", () => {
    for (const text of ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:80:ff:7f:01"]) {
      const mac = parseMac(text)!;
      const bytes = new Uint8Array(8);
      writeMac(bytes, 1, mac.hi, mac.lo);
      expect(toHex(bytes)).toBe(`00${text.replaceAll(":", "")}00`);
      expect(readMac(bytes, 1)).toEqual(mac);
      expect(formatMac(mac.hi, mac.lo)).toBe(text);
    }
  });

  it("are read in either case and refused in any other shape", () => {
    expect(parseMac("AA:bB:00:11:22:33")).toEqual(parseMac("aa:bb:00:11:22:33"));
    for (const text of [
      "",
      "aa:bb:00:11:22",
      "aa:bb:00:11:22:33:44",
      "aabb.0011.2233",
      "aa:bb:00:11:22:3g",
      " aa:bb:00:11:22:33",
    ]) {
      expect(parseMac(text), text).toBeUndefined();
    }
  });

  it("are told apart: group, broadcast, zero, reserved", () => {
    const is = (test: (hi: number, lo: number) => boolean, text: string) =>
      test(parseMac(text)!.hi, parseMac(text)!.lo);
    expect(is(isGroupMac, "01:00:5e:00:00:01")).toBe(true);
    expect(is(isGroupMac, "02:01:01:01:01:01")).toBe(false);
    expect(is(isBroadcastMac, "ff:ff:ff:ff:ff:ff")).toBe(true);
    expect(is(isBroadcastMac, "ff:ff:ff:ff:ff:fe")).toBe(false);
    expect(is(isZeroMac, "00:00:00:00:00:00")).toBe(true);
    expect(is(isZeroMac, "00:00:00:00:00:01")).toBe(false);
    expect(is(isReservedMulticast, "01:80:c2:00:00:00")).toBe(true);
    expect(is(isReservedMulticast, "01:80:c2:00:00:0f")).toBe(true);
    expect(is(isReservedMulticast, "01:80:c2:00:00:10")).toBe(false);
    expect(is(isReservedMulticast, "01:80:c2:00:01:00")).toBe(false);
    expect(is(isReservedMulticast, "01:80:c3:00:00:00")).toBe(false);
  });
});

describe("VXLAN header (RFC 7348 §5)", () => {
  it("reads the I flag and the VNI", () => {
    expect(hasVniFlag(viewOf(hex("0800000000006400")), 0)).toBe(true);
    expect(hasVniFlag(viewOf(hex("f7ffffff000064ff")), 0)).toBe(false);
    expect(readVni(viewOf(hex("00 08000000 abcdef00")), 1)).toBe(0xabcdef);
    expect(readVni(viewOf(hex("08000000 ffffffff")), 0)).toBe(0xffffff);
  });

  it("sees each of the 39 reserved bits, and no other", () => {
    const seen = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) =>
      hasReservedBits(viewOf(packet(vxlan(0, { toggle: [bit] }))), 0),
    );
    expect(seen).toHaveLength(39);
    expect(seen.filter((bit) => bit === 4 || (bit >= 32 && bit < 56))).toEqual([]);
  });
});

describe("traffic class and ECN", () => {
  it("reads IPv4 and IPv6 alike", () => {
    for (const value of [0, 1, 0x0f, 0xf0, 0xb9, 0xff]) {
      const four = packet(ipv4("10.0.0.1", "10.0.0.2", { tos: value }));
      const six = packet(ipv6("::1", "::2", { trafficClass: value, flowLabel: 0xfffff }));
      expect(readTrafficClass(viewOf(four), 0, false)).toBe(value);
      expect(readTrafficClass(viewOf(six), 0, true)).toBe(value);
    }
  });

  it("writes the IPv6 traffic class and leaves the flow label", () => {
    const bytes = packet(ipv6("::1", "::2", { trafficClass: 0xff, flowLabel: 0xabcde }));
    writeIpv6TrafficClass(viewOf(bytes), 0, 0x2c);
    expect(bytes).toEqual(packet(ipv6("::1", "::2", { trafficClass: 0x2c, flowLabel: 0xabcde })));
  });

  it("encapsulates by RFC 6040 §4.1, or as Linux does", () => {
    expect([0, 1, 2, 3].map((inner) => encapsulatedEcn(inner, false))).toEqual([0, 1, 2, 3]);
    expect([0, 1, 2, 3].map((inner) => encapsulatedEcn(inner, true))).toEqual([0, 1, 2, 2]);
  });

  it("decapsulates by RFC 6040 §4.2, figure 4", () => {
    const cells = [0, 1, 2, 3].map((inner) => [0, 1, 2, 3].map((outer) => decapsulatedEcn(inner, outer)));
    expect(cells).toEqual([
      [0, 0, 0, -1],
      [1, 1, 1, 3],
      [2, 1, 2, 3],
      [3, 3, 3, 3],
    ]);
  });
});
