// The IPv6 underlay: header fields, the UDP checksum that is always there, and what is not ours.

import { type Case, dropped, passed, sent } from "../case.js";
import { entropyPort } from "../entropy.js";
import { echo, icmpv6 } from "../icmp.js";
import {
  arriving,
  arriving6,
  datagram,
  datagram6,
  encapsulated6,
  H1,
  H2,
  LOCAL6,
  lab6,
  R1,
  routerMac,
  uplinkMac,
  V2_6,
  V3_6,
} from "../lab.js";
import { arp, concat, ethernet, ipv4, ipv6, type Layer, packet, payload, tcp, udp, vxlan } from "../packet.js";

const up = datagram(H1, R1);
const down = datagram(R1, H1);
const tunnelled = (...parts: readonly (Layer | Uint8Array)[]) => packet(ethernet(H1.mac, R1.mac), ...parts);
const link = ethernet(routerMac("up0"), uplinkMac("up0"));

function from(
  name: string,
  id: string,
  spec: string,
  given: Case["given"],
  frame: Uint8Array,
  expect: Case["frames"][0]["expect"],
): Case {
  return { id: `underlay6/${id}`, spec, given, frames: [{ from: name, frame, expect }] };
}

const encap: Case[] = [
  from(
    "h1",
    "defaults",
    "S1 S7 S21",
    lab6(),
    up,
    sent([
      "up0",
      packet(
        ethernet(uplinkMac("up0"), routerMac("up0")),
        ipv6(LOCAL6, V2_6, { hopLimit: 64 }),
        udp(entropyPort(up), 4789),
        vxlan(100),
        up,
      ),
    ]),
  ),
  from(
    "h1",
    "checksum-ignores-the-setting",
    "S21",
    lab6({ vtep: { udpChecksum: false } }),
    up,
    sent(["up0", encapsulated6(up)]),
  ),
  from("h1", "odd-length", "S21", lab6(), datagram(H1, R1, 21), sent(["up0", encapsulated6(datagram(H1, R1, 21))])),
  from("h1", "hop-limit-4", "O24", lab6({ vtep: { ttl: 4 } }), up, sent(["up0", encapsulated6(up, { ttl: 4 })])),
  from(
    "h1",
    "hop-limit-inherit",
    "P header",
    lab6({ vtep: { ttl: "inherit" } }),
    datagram6(H1, R1),
    sent(["up0", encapsulated6(datagram6(H1, R1))]),
  ),
  from(
    "h1",
    "traffic-class-fixed",
    "S27",
    lab6({ vtep: { tos: 0xff } }),
    up,
    sent(["up0", encapsulated6(up, { tos: 0xfc })]),
  ),
  from("h1", "df-set-changes-nothing", "P header", lab6({ vtep: { df: "set" } }), up, sent(["up0", encapsulated6(up)])),
  from("h1", "inner-ipv6", "S1", lab6(), datagram6(H1, R1), sent(["up0", encapsulated6(datagram6(H1, R1))])),
  ...Object.entries({
    "inner-tcp": tunnelled(ipv4(H1.ip, R1.ip), tcp(4000, 80), payload(100)),
    "inner-tcp-over-ipv6": tunnelled(ipv6(H1.ip6, R1.ip6), tcp(4000, 80), payload(100)),
    "inner-ping": tunnelled(ipv4(H1.ip, R1.ip), echo(), payload(56)),
    "inner-ping-over-ipv6": tunnelled(ipv6(H1.ip6, R1.ip6), icmpv6(), payload(56)),
    "inner-arp-reply": tunnelled(arp(H1.mac, H1.ip, R1.ip, R1.mac), payload(18)),
  }).map(([name, frame]) => from("h1", name, "S21", lab6(), frame, sent(["up0", encapsulated6(frame)]))),
  from(
    "h1",
    "known-behind-v3",
    "S5",
    lab6({ fdb: [{ domain: "red", mac: R1.mac, at: "v3" }] }),
    up,
    sent(["up0", encapsulated6(up, { peer: V3_6 })]),
  ),
  from(
    "h1",
    "flood",
    "S17",
    lab6({ ports: { h2: { enabled: false } } }),
    datagram(H1, { ...R1, mac: "ff:ff:ff:ff:ff:ff" }),
    sent(
      ["up0", encapsulated6(datagram(H1, { ...R1, mac: "ff:ff:ff:ff:ff:ff" }))],
      ["up0", encapsulated6(datagram(H1, { ...R1, mac: "ff:ff:ff:ff:ff:ff" }), { peer: V3_6 })],
    ),
  ),
];

/** A trailer that equals the checksum without it makes the sum all ones and so the checksum zero, sent as 0xffff. */
function zeroSumInner(): Uint8Array {
  const plain = datagram(H1, R1, 18);
  return concat(plain, encapsulated6(concat(plain, Uint8Array.of(0, 0))).slice(60, 62));
}

const zeroSum = zeroSumInner();
const decap: Case[] = [
  from("h1", "zero-sum-goes-out-as-ffff", "S21, RFC 8200 §8.1", lab6(), zeroSum, sent(["up0", encapsulated6(zeroSum)])),
  from("up0", "to-a-local-host", "S10", lab6(), arriving6(down), sent(["h1", down])),
  from(
    "up0",
    "zero-checksum-refused",
    "S22, RFC 6935 §5",
    lab6(),
    arriving6(down, { checksum: "none" }),
    dropped("udp_zero_checksum"),
  ),
  from(
    "up0",
    "outer-udp-checksum-wrong",
    "S11",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6), udp(50000, 4789, { checksum: 0x1234 }), vxlan(100), down),
    sent(["h1", down]),
  ),
  from("up0", "ecn-of-the-traffic-class", "S25", lab6(), arriving6(down, { tos: 3 }), dropped("ecn_illegal")),
  from(
    "up0",
    "flow-label-is-ignored",
    "RFC 8200 §6",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6, { flowLabel: 0xfffff }), udp(5, 4789), vxlan(100), down),
    sent(["h1", down]),
  ),
  from("up0", "unknown-vtep", "S19", lab6(), arriving6(down, { peer: "2001:db8:ff::66" }), dropped("unknown_vtep")),
  from(
    "up0",
    "address-that-differs-in-its-first-word",
    "S19",
    lab6(),
    arriving6(down, { peer: "2001:db9:ff::2" }),
    dropped("unknown_vtep"),
  ),
  ...["2001:db9:ff::1", "2001:db8:fe::1", "2001:db8:ff:0:0:0:1:1", "2001:db8:ff::1:0:0:1"].map((peer) =>
    from("up0", `nearly-reflected-${peer}`, "N23 S19", lab6(), arriving6(down, { peer }), dropped("unknown_vtep")),
  ),
  from("up0", "reflected", "N23", lab6(), arriving6(down, { peer: LOCAL6 }), dropped("reflected")),
  from(
    "up0",
    "other-destination",
    "S6",
    lab6(),
    packet(link, ipv6(V2_6, V3_6), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  from("up0", "other-port", "S6", lab6(), arriving6(down, { udpPort: 4790 }), passed),
  from("up0", "ipv4-is-not-ours", "S6", lab6(), arriving(down), passed),
  from(
    "up0",
    "extension-header-is-not-ours",
    "S13",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6, { nextHeader: 44 }), payload(8), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  from(
    "up0",
    "wrong-version-is-not-ours",
    "S20",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6, { version: 5 }), udp(5, 4789), vxlan(100), down),
    passed,
  ),
  from(
    "up0",
    "payload-length-beyond-the-frame",
    "S20",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6, { payloadLength: 900 }), udp(5, 4789), vxlan(100), down),
    dropped("outer_malformed"),
  ),
  from(
    "up0",
    "udp-length-beyond-the-payload",
    "S20",
    lab6(),
    packet(link, ipv6(V2_6, LOCAL6), udp(5, 4789, { length: 900 }), vxlan(100), down),
    dropped("outer_malformed"),
  ),
  from("up0", "trailer-is-cut", "S20", lab6(), concat(arriving6(down), payload(9)), sent(["h1", down])),
  from("h2", "bridging-knows-no-underlay", "P bridging", lab6(), datagram(H2, H1), sent(["h1", datagram(H2, H1)])),
];

export const underlay6: readonly Case[] = [...encap, ...decap];
