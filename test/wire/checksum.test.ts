import { describe, expect, it } from "vitest";
import { addToSum, checksumOf, foldSum, pseudoHeaderSum, replaceWord, udpChecksumOf } from "../../src/wire/checksum.js";
import { hex, internetChecksum, ipv4, packet, udp } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

describe("Internet checksum", () => {
  it("agrees with RFC 1071 §3", () => {
    expect(foldSum(addToSum(0, hex("0001f203f4f5f6f7"), 0, 8))).toBe(0xddf2);
    expect(checksumOf(addToSum(0, hex("0001f203f4f5f6f7"), 0, 8))).toBe(0x220d);
  });

  it("agrees with a well-known IPv4 header", () => {
    expect(checksumOf(addToSum(0, hex("45000073000040004011 0000 c0a80001c0a800c7"), 0, 20))).toBe(0xb861);
  });

  it("agrees with the naive sum on regions of any length and offset", () => {
    const random = new Random(1);
    for (let round = 0; round < 500; round++) {
      const bytes = random.bytes(random.below(300));
      const offset = random.below(bytes.length + 1);
      const region = [...bytes.subarray(offset)];
      expect(checksumOf(addToSum(0, bytes, offset, region.length))).toBe(internetChecksum(region));
    }
  });

  it("sums 64 KiB of ones without overflow", () => {
    expect(foldSum(addToSum(0, new Uint8Array(65536).fill(0xff), 0, 65536))).toBe(0xffff);
  });

  it("never writes zero where zero means none (RFC 768)", () => {
    expect(checksumOf(0xffff)).toBe(0);
    expect(udpChecksumOf(0xffff)).toBe(0xffff);
    expect(udpChecksumOf(0x1234)).toBe(checksumOf(0x1234));
  });

  it("sums the pseudo headers of RFC 768 and RFC 8200", () => {
    const four = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2));
    expect(checksumOf(addToSum(pseudoHeaderSum(four, 12, 4, 17, 8), four, 20, 8))).toBe(0);
    const addresses = new Random(2).bytes(32);
    const naive = internetChecksum([...addresses, 0, 1, 0x23, 0x45, 0, 0, 0, 58]);
    expect(checksumOf(pseudoHeaderSum(addresses, 0, 16, 58, 0x12345))).toBe(naive);
  });
});

describe("incremental checksum (RFC 1624)", () => {
  it("gives the sum of RFC 1624 §4", () => {
    const bytes = hex("5555 dd2f");
    replaceWord(bytes, 0, 2, 0x3285);
    expect(bytes).toEqual(hex("3285 0000"));
  });

  it("equals the full checksum after any change of a header", () => {
    const random = new Random(3);
    for (let round = 0; round < 2000; round++) {
      const header = random.bytes(20);
      header.set([0, 0], 10);
      const sum = internetChecksum([...header]);
      header.set([sum >>> 8, sum & 0xff], 10);
      const word = random.pick([0, 2, 4, 6, 8, 12, 14, 16, 18]);
      replaceWord(header, word, 10, random.pick([0, 0xffff, random.below(0x10000)]));
      expect(internetChecksum([...header])).toBe(0);
    }
  });
});
