// Packets too big for where they go, routed and bridged: their sender hears what would fit (RFC 1191, RFC 8201).

import { type Case, dropped, type Given } from "../case.js";
import { error6, icmp, quote4, quote6 } from "../icmp.js";
import {
  A1,
  B1,
  byL3,
  casesOf,
  fromGateway6,
  fromL3,
  handedOver,
  type IrbChanges,
  irbLab,
  irbLab6,
  leaving,
  leaving6,
  RA,
  RB,
  RED,
  takenOver,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { lab as bridges, R4 } from "../lab.js";
import { concat, ethernet, ipv4, packet, payload, udp, vlan } from "../packet.js";
import { CONTROL, tells, tells6 } from "../told.js";

const one = casesOf("icmp");

const tight = (mtu: number, more: IrbChanges = {}): Given => irbLab({ ...more, uplinks: { up0: { mtu } } });
const big = leaving(A1, X1, { length: 1472, df: true });
const bigUncut = leaving(A1, X1, { length: 1472 });
const big6 = leaving6(A1, X1, { length: 1452 });
const bigToB = leaving(A1, B1, { length: 1472, df: true });
const bigFromX = takenOver(X1, A1, { length: 1472, df: true });
const bridged = talk(A1, RA, [A1.mac, RA.mac], { length: 1472, df: true });
const bridged6 = talk6(A1, RA, [A1.mac, RA.mac], { length: 1452 });
const bridgedPlain = packet(ethernet(A1.mac, RA.mac), payload(1500));
const link6 = talk6({ ip6: "fe80::11" }, { ip6: "fe80::21" }, [A1.mac, RA.mac], { length: 1452 });

export const tooBig: readonly Case[] = [
  one("too-big-for-the-l3-vni", "S29", tight(1500), "h1", big, dropped("mtu_exceeded", tells(3, 4, big, 1450))),
  one("a-byte-too-big-for-the-l3-vni", "S29", tight(1549), "h1", big, dropped("mtu_exceeded", tells(3, 4, big, 1499))),
  one("too-big-and-df-unset-is-not-cut", "S12 S29", tight(1500), "h1", bigUncut, {
    ...dropped("mtu_exceeded", tells(3, 4, bigUncut, 1450)),
  }),
  one("too-big-ipv6", "S30", tight(1500), "h1", big6, dropped("mtu_exceeded", tells6(2, 0, big6, 1450))),
  one("too-big-ipv6-never-below-1280", "S30", tight(1300), "h1", big6, {
    ...dropped("mtu_exceeded", tells6(2, 0, big6, 1280)),
  }),
  one("too-big-over-an-ipv6-underlay", "S29", irbLab6({ uplinks: { up0: { mtu: 1500 } } }), "h1", big, {
    ...dropped("mtu_exceeded", tells(3, 4, big, 1430)),
  }),
  one("too-big-for-the-hosts-port", "S29", irbLab({ ports: { h3: { mtu: 1400 } } }), "h1", bigToB, {
    ...dropped("mtu_exceeded", tells(3, 4, bigToB, 1400)),
  }),
  one("too-big-for-the-destinations-l2-vni", "S29", tight(1500), "h1", leaving(A1, RB, { length: 1472 }), {
    ...dropped("mtu_exceeded", tells(3, 4, leaving(A1, RB, { length: 1472 }), 1450)),
  }),
  one(
    "too-big-for-the-port-behind-the-l3-vni",
    "S29",
    irbLab({ ports: { h1: { mtu: 1400 } } }),
    "up0",
    fromL3(bigFromX),
    {
      ...dropped(
        "mtu_exceeded",
        byL3(
          handedOver(RED, X1, {
            ttl: 64,
            tos: CONTROL,
            df: true,
            upper: [icmp(3, { code: 4, rest: 1400 }), quote4(bigFromX)],
          }),
          { tos: CONTROL },
        ),
      ),
    },
  ),
  one("bridged-too-big-where-a-gateway-is", "S31", tight(1500), "h1", bridged, {
    ...dropped("mtu_exceeded", tells(3, 4, bridged, 1450)),
  }),
  one("bridged-too-big-ipv6-where-a-gateway-is", "S31", tight(1500), "h1", bridged6, {
    ...dropped("mtu_exceeded", tells6(2, 0, bridged6, 1450)),
  }),
  one("bridged-too-big-between-link-local-addresses", "S31", tight(1500), "h1", link6, {
    ...dropped("mtu_exceeded", [
      "h1",
      fromGateway6(RED, { mac: A1.mac, ip6: "fe80::11" }, [error6(2, 0, 1450), quote6(link6)]),
    ]),
  }),
  one("bridged-too-big-that-is-no-ip", "S32", tight(1500), "h1", bridgedPlain, dropped("mtu_exceeded")),
  one(
    "bridged-too-big-on-a-tagged-port",
    "S31: behind the tag, bytes of the destination would pass for a group address",
    bridges({
      uplinks: { up0: { mtu: 1500 } },
      ports: { "t1.10": { domain: "red" } },
      onlyFdb: [
        { domain: "red", mac: A1.mac, at: "t1.10" },
        { domain: "red", mac: R4.mac, at: "v3" },
      ],
    }),
    "t1",
    packet(ethernet(A1.mac, R4.mac), vlan(10), ipv4(A1.ip, R4.ip), udp(1, 2), payload(1472)),
    dropped("mtu_exceeded", [
      "t1",
      packet(
        ethernet(R4.mac, A1.mac),
        vlan(10),
        ipv4(R4.ip, A1.ip, { tos: CONTROL, df: true }),
        icmp(3, { code: 4, rest: 1450 }),
        packet(ipv4(A1.ip, R4.ip), udp(1, 2), payload(1472)).slice(0, 548),
      ),
    ]),
  ),
  one(
    "bridged-too-big-with-a-broken-header",
    "S32",
    tight(1500),
    "h1",
    talk(A1, RA, [A1.mac, RA.mac], { length: 1472, checksum: 1 }),
    {
      ...dropped("mtu_exceeded"),
    },
  ),
  one(
    "bridged-too-big-that-lies-about-its-length",
    "S20",
    tight(300),
    "h1",
    talk(A1, RA, [A1.mac, RA.mac], { length: 300, totalLength: 1500 }),
    {
      ...dropped("mtu_exceeded"),
    },
  ),
  one("too-big-by-its-padding-only", "S20", tight(1500), "h1", concat(leaving(A1, X1, { length: 1400 }), payload(80)), {
    ...dropped("mtu_exceeded", tells(3, 4, leaving(A1, X1, { length: 1400 }), 1450)),
  }),
  one(
    "jumbo-through-a-jumbo-underlay",
    "N38",
    irbLab({ uplinks: { up0: { mtu: 9250 } } }),
    "h1",
    leaving(A1, X1, { length: 9164 }),
    {
      verdict: "sent",
      outputs: [byL3(handedOver(A1, X1, { length: 9164 }))],
    },
  ),
  one("jumbo-over-9000", "N38", irbLab(), "h1", leaving(A1, X1, { length: 9164 }), {
    ...dropped("mtu_exceeded", tells(3, 4, leaving(A1, X1, { length: 9164 }), 8950)),
  }),
];
