// The corpus stands on this builder, so the builder stands on bytes that others made: known packets of RFC examples and
// of traces.
import { describe, expect, it } from "vitest";
import { entropyPort, naiveFlowHash } from "./entropy.js";
import { advertisement, echo, icmp, icmpv6, solicitation, solicitedNode } from "./icmp.js";
import {
  arp,
  ethernet,
  hex,
  internetChecksum,
  ipv4,
  ipv6,
  packet,
  payload,
  tcp,
  toHex,
  udp,
  vlan,
  vxlan,
} from "./packet.js";

const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const bytes = (text: string) => text.replace(/\s/g, "");

describe("packet builder", () => {
  it("computes the checksum of RFC 1071 §3", () => {
    expect(internetChecksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])).toBe(0xffff - 0xddf2);
  });

  it("pads an odd last byte", () => {
    expect(internetChecksum([0x01])).toBe(0xfeff);
  });

  it("writes a well-known IPv4 header", () => {
    const header = packet(ipv4("192.168.0.1", "192.168.0.199", { df: true, totalLength: 0x73 }), udp(1, 2)).slice(
      0,
      20,
    );
    expect(toHex(header)).toBe("45000073000040004011b861c0a80001c0a800c7");
  });

  it("writes Ethernet, a tag and ARP", () => {
    const question = packet(ethernet(A, "ff:ff:ff:ff:ff:ff"), vlan(10, { pcp: 5 }), arp(A, "10.0.0.1", "10.0.0.2"));
    expect(toHex(question)).toBe(
      bytes(
        "ffffffffffff 02000000000a 8100 a00a 0806 0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002",
      ),
    );
  });

  it("closes UDP checksums over IPv4 and IPv6", () => {
    const over4 = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2), hex("abcd"));
    expect(toHex(over4).slice(0, 8)).toBe("4500001e");
    expect(onesSum(hex(`0a000001 0a000002 0011 000a ${toHex(over4.slice(20))}`))).toBe(0xffff);
    const over6 = packet(ipv6("::1", "::2"), udp(1, 2), hex("abcd"));
    expect(toHex(over6).slice(0, 16)).toBe("60000000000a1140");
    expect(onesSum(hex(`${"00".repeat(15)}01${"00".repeat(15)}02 0000000a 00000011 ${toHex(over6.slice(40))}`))).toBe(
      0xffff,
    );
  });

  it("closes TCP and ICMPv6 checksums", () => {
    const segment = packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2), payload(5));
    expect(onesSum(hex(`0a000001 0a000002 0006 0019 ${toHex(segment.slice(20))}`))).toBe(0xffff);
    const message = packet(ipv6("::1", "::2"), icmpv6());
    expect(onesSum(hex(`${"00".repeat(15)}01${"00".repeat(15)}02 00000008 0000003a ${toHex(message.slice(40))}`))).toBe(
      0xffff,
    );
    expect(onesSum(packet(echo(7, 9), payload(3)))).toBe(0xffff);
  });

  it("writes a neighbour solicitation and an advertisement", () => {
    const group = solicitedNode("2001:db8::12:3456");
    expect(group).toEqual({ ip: "ff02::1:ff12:3456", mac: "33:33:ff:12:34:56" });
    const target = bytes("20010db8 0000 0000 0000 0000 0012 3456");
    const ns = packet(ipv6("fe80::1", group.ip, { hopLimit: 255 }), solicitation("2001:db8::12:3456", { mac: A }));
    expect(toHex(ns.slice(0, 8))).toBe(bytes("60000000 0020 3a ff"));
    expect(toHex(ns.slice(40, 42)) + toHex(ns.slice(44))).toBe(bytes(`8700 00000000 ${target} 0101 02000000000a`));
    const na = packet(ipv6("fe80::1", "fe80::2"), advertisement("2001:db8::12:3456", "RSO", { mac: A }));
    expect(toHex(na.slice(40, 42)) + toHex(na.slice(44))).toBe(bytes(`8800 e0000000 ${target} 0201 02000000000a`));
    const pseudo = `${toHex(na.slice(8, 40))} 00000020 0000003a`;
    expect(onesSum(hex(`${pseudo} ${toHex(na.slice(40))}`))).toBe(0xffff);
  });

  it("writes an ICMP error with what it is about", () => {
    const error = packet(icmp(3, { code: 4, rest: 1400 }), hex("4500"));
    expect(toHex(error)).toBe(bytes("0304 b283 00000578 4500"));
  });

  it("toggles bits as RFC 7348 §5 numbers them", () => {
    expect(toHex(packet(vxlan(0xabcdef)))).toBe("08000000abcdef00");
    expect(toHex(packet(vxlan(0, { toggle: [4, 0, 31, 63] })))).toBe("8000000100000001");
  });
});

/** The sum a receiver computes: all ones when the checksum within is right. */
const onesSum = (region: Uint8Array): number => 0xffff - internetChecksum([...region]);

describe("naive entropy", () => {
  const frame = packet(ethernet(A, B), ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2));

  it("stays within its range", () => {
    for (let port = 0; port < 200; port++) {
      const flow = packet(ethernet(A, B), ipv4("10.0.0.1", "10.0.0.2"), udp(port, 2));
      expect(entropyPort(flow, 1000, 1009)).toBeGreaterThanOrEqual(1000);
      expect(entropyPort(flow, 1000, 1009)).toBeLessThanOrEqual(1009);
    }
  });

  it("ignores what differs between packets of one flow", () => {
    const later = packet(
      ethernet(A, B),
      ipv4("10.0.0.1", "10.0.0.2", { ttl: 3, id: 7, tos: 8 }),
      udp(1, 2),
      payload(99),
    );
    expect(naiveFlowHash(later)).toBe(naiveFlowHash(frame));
  });
});
