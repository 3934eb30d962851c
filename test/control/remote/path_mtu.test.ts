// Which ICMP errors of the underlay are believed. Every row is an error that is right but for the one thing it names.
import { describe, expect, it } from "vitest";
import { type Judgement, judgePathMtu, type Refusal } from "../../../src/control/remote/path_mtu.js";
import type { VtepGiven } from "../../corpus/case.js";
import { buildTables } from "../../corpus/given.js";
import { icmp } from "../../corpus/icmp.js";
import { irbLab, L3_VNI } from "../../corpus/irb_lab.js";
import { LOCAL, lab, lab6 } from "../../corpus/lab.js";
import { concat, ipv4, packet, payload, tcp, udp } from "../../corpus/packet.js";
import { needsFragments, type Quote, ROUTER, sentBytes, tooBig } from "./router_errors.js";

const ALL = 10_000;

function judge(
  message: Uint8Array,
  { believed = ALL, vtep = {} }: { believed?: number; vtep?: Partial<VtepGiven> } = {},
): Judgement {
  return judgePathMtu(buildTables(lab({ vtep })).tables, message, () => believed);
}
const judge6 = (message: Uint8Array, believed = ALL): Judgement =>
  judgePathMtu(buildTables(lab6()).tables, message, () => believed);

const learned = (mtuBytes: number): Judgement => ({ kind: "learned", vtep: 1, mtuBytes });
const NOT_OURS: Judgement = { kind: "not_ours" };
const NOTHING_NEW: Judgement = { kind: "nothing_new" };
const refused = (why: Refusal): Judgement => ({ kind: "refused", why });

describe("fragmentation needed, IPv4", () => {
  it("is believed when it quotes a packet of ours", () => {
    expect(judge(needsFragments())).toEqual(learned(1400));
  });

  const believed: readonly (readonly [string, Quote, number])[] = [
    ["with no more than the UDP header quoted (RFC 792)", { quoted: 28 }, 1400],
    ["with half of the VXLAN header quoted", { quoted: 32 }, 1400],
    ["about the largest there is", { bytes: 65535 - 36, mtu: 9000 }, 9000],
    ["of the least plausible MTU", { mtu: 576 }, 576],
    ["with a router's length in front of the MTU (RFC 4884 §4.3)", { mtu: 0x00110578 }, 1400],
    ["with the first source port", { ports: [49152, 4789] }, 1400],
    ["with the last source port", { ports: [65535, 4789] }, 1400],
    ["about the blue domain", { vni: 200 }, 1400],
  ];
  it.each(believed)("is believed %s", (_, quote, mtu) => {
    expect(judge(needsFragments(quote))).toEqual(learned(mtu));
  });

  it("is believed from a router whose header has options", () => {
    const about = sentBytes({}).slice(0, 548);
    const message = packet(
      ipv4(ROUTER, LOCAL, { options: Uint8Array.of(1, 1, 1, 0) }),
      icmp(3, { code: 4, rest: 1400 }),
      about,
    );
    expect(judge(message)).toEqual(learned(1400));
  });

  it("is believed about an L3 VNI", () => {
    const { tables } = buildTables(irbLab());
    expect(judgePathMtu(tables, needsFragments({ vni: L3_VNI }), () => ALL)).toEqual(learned(1400));
  });

  const spoofed: readonly (readonly [string, Quote, Refusal])[] = [
    ["of a VTEP that we do not follow", { to: "10.255.0.77" }, "unknown_vtep"],
    ["of a packet that routers may cut", { ip: { df: false } }, "fragments_allowed"],
    ["of a fragment", { ip: { mf: true } }, "fragments_allowed"],
    ["of a later fragment", { ip: { offset: 8 } }, "fragments_allowed"],
    ["with a source port below ours", { ports: [49151, 4789] }, "source_port_not_ours"],
    ["with a source port of zero", { ports: [0, 4789] }, "source_port_not_ours"],
    ["with a VNI that nobody has", { vni: 999 }, "unknown_vni"],
    ["with VNI zero", { vni: 0 }, "unknown_vni"],
    ["without the I flag", { vxlanBits: [4] }, "unknown_vni"],
    ["cut within the UDP header", { quoted: 27 }, "quote_too_short"],
    ["cut behind the IP header", { quoted: 20 }, "quote_too_short"],
    ["with an MTU of zero (RFC 1191 §5)", { mtu: 0 }, "mtu_too_small"],
    ["with an MTU that no host has", { mtu: 575 }, "mtu_too_small"],
    ["of a packet that would have fitted", { bytes: 1400 }, "quoted_packet_fits"],
    ["of a packet that lies about its length", { ip: { totalLength: 100 } }, "quoted_packet_fits"],
  ];
  it.each(spoofed)("is refused with the quote %s", (_, quote, why) => {
    expect(judge(needsFragments(quote))).toEqual(refused(why));
  });

  it("is refused with a source port above a narrower range", () => {
    const vtep = { sourcePorts: [49152, 49999] } as const;
    expect(judge(needsFragments({ ports: [50000, 4789] }), { vtep })).toEqual(refused("source_port_not_ours"));
    expect(judge(needsFragments({ ports: [49999, 4789] }), { vtep })).toEqual(learned(1400));
  });

  it("is refused with a wrong checksum", () => {
    expect(judge(needsFragments({}, { checksum: 0x1234 }))).toEqual(refused("checksum_wrong"));
  });

  const foreign: readonly (readonly [string, Uint8Array])[] = [
    ["about a connection of this host", needsFragments({ upper: packet(tcp(40000, 179), payload(1400)) })],
    ["about another UDP port", needsFragments({ ports: [50000, 8472] })],
    ["about a packet from another of our addresses", needsFragments({ from: "10.0.0.1" })],
    ["that was sent to another of our addresses", needsFragments({}, { to: "10.0.0.1" })],
    ["that says host unreachable", needsFragments({}, { code: 1 })],
    ["that is an echo request", needsFragments({}, { type: 8, code: 4 })],
    [
      "about a packet with options, which we never send",
      needsFragments({ ip: { options: Uint8Array.of(1, 1, 1, 0) } }),
    ],
    ["about a packet of no IP version", needsFragments({ ip: { version: 6 } })],
    ["about a packet with half a header", needsFragments({ ip: { headerWords: 2 } })],
    ["that is no ICMP", packet(ipv4(ROUTER, LOCAL), udp(1, 2), payload(100))],
  ];
  it.each(foreign)("is not ours %s", (_, message) => {
    expect(judge(message)).toEqual(NOT_OURS);
  });

  it("says nothing new when it is not below what is believed", () => {
    expect(judge(needsFragments(), { believed: 1400 })).toEqual(NOTHING_NEW);
    expect(judge(needsFragments(), { believed: 1399 })).toEqual(NOTHING_NEW);
    expect(judge(needsFragments(), { believed: 1401 })).toEqual(learned(1400));
  });
});

describe("packet too big, IPv6", () => {
  it("is believed when it quotes a packet of ours", () => {
    expect(judge6(tooBig())).toEqual(learned(1400));
  });

  it("is believed with no more than the UDP header quoted, and of the least MTU", () => {
    expect(judge6(tooBig({ quoted: 48, mtu: 1280 }))).toEqual(learned(1280));
  });

  const spoofed: readonly (readonly [string, Quote, Refusal])[] = [
    ["of a VTEP that we do not follow", { to: "2001:db8:ff::77" }, "unknown_vtep"],
    ["with a source port below ours", { ports: [1024, 4789] }, "source_port_not_ours"],
    ["with a VNI that nobody has", { vni: 999 }, "unknown_vni"],
    ["cut within the UDP header", { quoted: 47 }, "quote_too_short"],
    ["with an MTU that no link has (RFC 8201 §4)", { mtu: 1279 }, "mtu_too_small"],
    ["of a packet that would have fitted", { bytes: 1400 }, "quoted_packet_fits"],
  ];
  it.each(spoofed)("is refused with the quote %s", (_, quote, why) => {
    expect(judge6(tooBig(quote))).toEqual(refused(why));
  });

  const foreign: readonly (readonly [string, Uint8Array])[] = [
    ["from another address", tooBig({ from: "2001:db8::5" })],
    ["about a connection", tooBig({ upper: packet(tcp(40000, 179), payload(1400)) })],
    ["behind an extension header, which we never send", tooBig({ ip: { nextHeader: 0 } })],
    ["about another UDP port", tooBig({ ports: [50000, 53] })],
    ["that is another error", tooBig({}, 1)],
  ];
  it.each(foreign)("is not ours %s", (_, message) => {
    expect(judge6(message)).toEqual(NOT_OURS);
  });

  it("says nothing new when it is not below what is believed, nor beyond 16 bits", () => {
    expect(judge6(tooBig(), 1400)).toEqual(NOTHING_NEW);
    expect(judge6(tooBig({ mtu: 0xffffffff }))).toEqual(refused("quoted_packet_fits"));
  });
});

describe("any message", () => {
  it("is read to its end and no further, however short", () => {
    // A whole UDP header is what the error needs; over IPv4 its checksum tells that it was cut.
    for (const [whole, judgeOne, enough] of [
      [needsFragments(), judge, 140],
      [tooBig(), judge6, 56],
    ] as const) {
      for (let length = 0; length < enough; length++) {
        const room = concat(whole.slice(0, length), new Uint8Array(8).fill(0xff));
        expect(judgeOne(room.subarray(0, length)).kind, `${length} bytes`).not.toBe("learned");
      }
    }
  });
});
