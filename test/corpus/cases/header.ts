// Outer header fields over IPv4, each exactly by config (RFC 7348 §5).

import { type Case, sent } from "../case.js";
import { entropyPort } from "../entropy.js";
import { echo } from "../icmp.js";
import { arriving, datagram, datagram6, encapsulated, H1, LOCAL, lab, R1, V2 } from "../lab.js";
import { arp, ethernet, hex, ipv4, packet, payload, tcp, udp, vxlan } from "../packet.js";

const plain = datagram(H1, R1);

/** One frame from h1 that leaves once. */
function one(id: string, spec: string, given: Case["given"], frame: Uint8Array, outer: Uint8Array): Case {
  return { id: `header/${id}`, spec, given, frames: [{ from: "h1", frame, expect: sent(["up0", outer]) }] };
}

const withInner = (fields: Parameters<typeof ipv4>[2]) =>
  packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, fields), udp(1000, 2000), payload(18));
const who = packet(ethernet(H1.mac, R1.mac), arp(H1.mac, H1.ip, R1.ip), payload(18));

const ports: Case[] = [
  one(
    "defaults",
    "S1 S6 S7 S9",
    lab(),
    plain,
    packet(
      ethernet("02:aa:00:00:00:00", "02:bb:00:00:00:00"),
      ipv4(LOCAL, V2, { ttl: 64, tos: 0, id: 0 }),
      udp(entropyPort(plain), 4789, { checksum: 0 }),
      vxlan(100),
      plain,
    ),
  ),
  {
    id: "header/every-byte-by-hand",
    spec: "S1, RFC 7348 §5",
    given: lab({ vtep: { sourcePorts: [50000, 50000] } }),
    frames: [
      {
        from: "h1",
        frame: hex("02000000 0201 02000000 0101 88b5"),
        expect: sent([
          "up0",
          hex(`
      02bb00000000 02aa00000000 0800
      4500 0032 0000 0000 4011 64bb 0aff0001 0aff0002
      c350 12b5 001e 0000
      08000000 00006400
      020000000201 020000000101 88b5`),
        ]),
      },
    ],
  },
  one("udp-port-8472", "S6", lab({ vtep: { udpPort: 8472 } }), plain, encapsulated(plain, { udpPort: 8472 })),
  one("largest-vni", "S1", lab({ domains: { red: { vni: 0xffffff } } }), plain, encapsulated(plain, { vni: 0xffffff })),
  one(
    "narrow-source-ports",
    "S7, O23",
    lab({ vtep: { sourcePorts: [10240, 40960] } }),
    plain,
    encapsulated(plain, { sourcePort: entropyPort(plain, 10240, 40960) }),
  ),
  one(
    "one-source-port",
    "S7",
    lab({ vtep: { sourcePorts: [7000, 7000] } }),
    plain,
    encapsulated(plain, { sourcePort: 7000 }),
  ),
  one(
    "all-source-ports",
    "S7",
    lab({ vtep: { sourcePorts: [0, 65535] } }),
    plain,
    encapsulated(plain, { sourcePort: entropyPort(plain, 0, 65535) }),
  ),
  {
    id: "header/source-port-follows-the-flow",
    spec: "S8",
    given: lab({ vtep: { df: "set" } }),
    frames: [18, 500, 1, 18].map((length, at) => {
      const frame = datagram(H1, R1, length, [1000 + (at & 1), 2000]);
      return { from: "h1", frame, expect: sent(["up0", encapsulated(frame, { df: true })] as const) };
    }),
  },
  one(
    "source-port-of-tcp",
    "S7",
    lab(),
    packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(4321, 80), payload(3)),
    encapsulated(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(4321, 80), payload(3))),
  ),
  one(
    "source-port-of-icmp",
    "S7",
    lab(),
    packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), echo()),
    encapsulated(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), echo())),
  ),
  one("source-port-of-ipv6", "S7", lab(), datagram6(H1, R1), encapsulated(datagram6(H1, R1))),
  one("source-port-of-arp", "S7", lab(), who, encapsulated(who)),
];

const ttl: Case[] = [
  one("ttl-4", "O24", lab({ vtep: { ttl: 4 } }), plain, encapsulated(plain, { ttl: 4 })),
  one("ttl-255", "P header", lab({ vtep: { ttl: 255 } }), plain, encapsulated(plain, { ttl: 255 })),
  one(
    "ttl-inherit-ipv4",
    "P header",
    lab({ vtep: { ttl: "inherit" } }),
    withInner({ ttl: 7 }),
    encapsulated(withInner({ ttl: 7 }), { ttl: 7 }),
  ),
  one(
    "ttl-inherit-ipv6",
    "P header",
    lab({ vtep: { ttl: "inherit" } }),
    datagram6(H1, R1),
    encapsulated(datagram6(H1, R1), { ttl: 64 }),
  ),
  one("ttl-inherit-not-ip", "P header", lab({ vtep: { ttl: "inherit" } }), who, encapsulated(who, { ttl: 64 })),
  one(
    "ttl-inherit-inner-zero",
    "P header",
    lab({ vtep: { ttl: "inherit" } }),
    withInner({ ttl: 0 }),
    encapsulated(withInner({ ttl: 0 }), { ttl: 64 }),
  ),
];

const tos: Case[] = [
  one(
    "tos-inherit-ipv4",
    "S27, P header",
    lab(),
    withInner({ tos: 0xb8 }),
    encapsulated(withInner({ tos: 0xb8 }), { tos: 0xb8 }),
  ),
  one("tos-inherit-not-ip", "S27", lab(), who, encapsulated(who, { tos: 0 })),
  one(
    "tos-fixed",
    "S27",
    lab({ vtep: { tos: 0x28 } }),
    withInner({ tos: 0xb8 }),
    encapsulated(withInner({ tos: 0xb8 }), { tos: 0x28 }),
  ),
  one("tos-7-loses-its-ecn-bits", "S27, O25", lab({ vtep: { tos: 7 } }), plain, encapsulated(plain, { tos: 4 })),
  one(
    "tos-fixed-carries-inner-ecn",
    "S27, RFC 6040 §4.1",
    lab({ vtep: { tos: 7 } }),
    withInner({ tos: 0xb9 }),
    encapsulated(withInner({ tos: 0xb9 }), { tos: 5 }),
  ),
  one("tos-fixed-not-ip", "S27", lab({ vtep: { tos: 0x28 } }), who, encapsulated(who, { tos: 0x28 })),
];

const df: Case[] = [
  one("df-set", "P header", lab({ vtep: { df: "set" } }), plain, encapsulated(plain, { df: true })),
  one(
    "df-inherit-from-set",
    "P header",
    lab({ vtep: { df: "inherit" } }),
    withInner({ df: true }),
    encapsulated(withInner({ df: true }), { df: true }),
  ),
  one("df-inherit-from-unset", "P header", lab({ vtep: { df: "inherit" } }), plain, encapsulated(plain)),
  one(
    "df-inherit-from-ipv6",
    "P header, RFC 8200 §4.5",
    lab({ vtep: { df: "inherit" } }),
    datagram6(H1, R1),
    encapsulated(datagram6(H1, R1), { df: true }),
  ),
  one("df-inherit-not-ip", "P header", lab({ vtep: { df: "inherit" } }), who, encapsulated(who)),
  one("df-unset-ignores-inner", "P header", lab(), withInner({ df: true }), encapsulated(withInner({ df: true }))),
  {
    id: "header/id-counts-without-df",
    spec: "RFC 6864 §4.1",
    given: lab(),
    frames: [0, 1, 2].map((id) => ({
      from: "h1",
      frame: plain,
      expect: sent(["up0", encapsulated(plain, { id })] as const),
    })),
  },
];

const odd = datagram(H1, R1, 21);
const checksum: Case[] = [
  one("udp-checksum-on", "S9", lab({ vtep: { udpChecksum: true } }), plain, encapsulated(plain, { checksum: "valid" })),
  one(
    "udp-checksum-of-tcp",
    "S9",
    lab({ vtep: { udpChecksum: true } }),
    packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(4000, 80), payload(99)),
    encapsulated(packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(4000, 80), payload(99)), {
      checksum: "valid",
    }),
  ),
  one(
    "udp-checksum-on-odd-length",
    "S9",
    lab({ vtep: { udpChecksum: true } }),
    odd,
    encapsulated(odd, { checksum: "valid" }),
  ),
  {
    id: "header/udp-checksum-accepted",
    spec: "S11",
    given: lab(),
    frames: [
      { from: "up0", frame: arriving(datagram(R1, H1), { checksum: "valid" }), expect: sent(["h1", datagram(R1, H1)]) },
    ],
  },
  {
    id: "header/udp-zero-checksum-accepted",
    spec: "S10",
    given: lab(),
    frames: [
      { from: "up0", frame: arriving(datagram(R1, H1), { checksum: "none" }), expect: sent(["h1", datagram(R1, H1)]) },
    ],
  },
  {
    id: "header/any-source-port-accepted",
    spec: "S6",
    given: lab(),
    frames: [1, 4789, 65535].map((sourcePort) => ({
      from: "up0",
      frame: arriving(datagram(R1, H1), { sourcePort }),
      expect: sent(["h1", datagram(R1, H1)] as const),
    })),
  },
];

export const header: readonly Case[] = [...ports, ...ttl, ...tos, ...df, ...checksum];
