// What the gateway tells the sender of a packet that dies or finds no way (RFC 1812 §4.3.2, RFC 4443 §3), and drops of
// routed packets that it does not tell of.

import { type Case, consumed, dropped } from "../case.js";
import { error6, icmp, quote4, quote6 } from "../icmp.js";
import {
  A1,
  ASYMMETRIC,
  B1,
  byL3,
  casesOf,
  fromGateway,
  fromL3,
  GW_RED,
  handedOver,
  handedOver6,
  irbLab,
  irbLab6,
  leaving,
  leaving6,
  ping,
  RA,
  RB,
  RED,
  RMAC2,
  takenOver,
  takenOver6,
  talk,
  X1,
} from "../irb_lab.js";
import { arriving, encapsulated, V2_6 } from "../lab.js";
import { concat, ethernet, ipv4, packet, payload, tcp, udp, vlan } from "../packet.js";
import { CONTROL, tells, tells6 } from "../told.js";

const one = casesOf("icmp");
const lab = irbLab();
const FAR = { ip: "203.0.113.9", ip6: "2001:db8:ffff::9" };

const dying = leaving(A1, B1, { ttl: 1 });
const dying6 = leaving6(A1, B1, { hopLimit: 1 });
const dyingAtL3 = takenOver(X1, A1, { ttl: 1 });
const dyingAtL36 = takenOver6(X1, A1, { hopLimit: 1 });

const timeExceeded: Case[] = [
  one("ttl-1", "S50 O2", lab, "h1", dying, dropped("ttl_exceeded", tells(11, 0, dying))),
  one("ttl-0", "S50", lab, "h1", leaving(A1, B1, { ttl: 0 }), {
    ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, B1, { ttl: 0 }))),
  }),
  one("hop-limit-1", "S50", lab, "h1", dying6, dropped("ttl_exceeded", tells6(3, 0, dying6))),
  one(
    "ttl-1-of-a-long-packet-quotes-548-bytes",
    "RFC 1812 §4.3.2.3",
    lab,
    "h1",
    leaving(A1, X1, { ttl: 1, length: 1400 }),
    {
      ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, X1, { ttl: 1, length: 1400 }))),
    },
  ),
  one(
    "hop-limit-1-of-a-long-packet-quotes-1232-bytes",
    "S30",
    lab,
    "h1",
    leaving6(A1, X1, { hopLimit: 1, length: 1400 }),
    {
      ...dropped("ttl_exceeded", tells6(3, 0, leaving6(A1, X1, { hopLimit: 1, length: 1400 }))),
    },
  ),
  one("ttl-1-of-odd-length", "RFC 1071", lab, "h1", leaving(A1, B1, { ttl: 1, length: 7 }), {
    ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, B1, { ttl: 1, length: 7 }))),
  }),
  one(
    "ttl-1-with-options-quotes-them",
    "P IRB",
    lab,
    "h1",
    leaving(A1, B1, { ttl: 1, options: new Uint8Array(8).fill(1) }),
    {
      ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, B1, { ttl: 1, options: new Uint8Array(8).fill(1) }))),
    },
  ),
  one(
    "ttl-1-of-a-padded-packet-quotes-no-padding",
    "S20",
    lab,
    "h1",
    concat(leaving(A1, B1, { ttl: 1, length: 0 }), payload(18)),
    {
      ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, B1, { ttl: 1, length: 0 }))),
    },
  ),
  one("ttl-1-of-a-ping", "S50: traceroute", lab, "h1", leaving(A1, X1, { ttl: 1, upper: ping }), {
    ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, X1, { ttl: 1, upper: ping }))),
  }),
  one(
    "ttl-1-in-an-asymmetric-vrf",
    "S50",
    irbLab({ vrfs: { tenant: ASYMMETRIC } }),
    "h1",
    leaving(A1, RB, { ttl: 1 }),
    {
      ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, RB, { ttl: 1 }))),
    },
  ),
  one(
    "ttl-1-on-a-tagged-port",
    "S50",
    irbLab({ ports: { "t1.10": { domain: "red" } }, onlyFdb: [{ domain: "red", mac: A1.mac, at: "t1.10" }] }),
    "t1",
    packet(ethernet(A1.mac, GW_RED), vlan(10), ipv4(A1.ip, B1.ip, { ttl: 1 }), udp(1, 2), payload(20)),
    dropped("ttl_exceeded", [
      "t1",
      packet(
        ethernet(GW_RED, A1.mac),
        vlan(10),
        ipv4(RED.ip, A1.ip, { tos: CONTROL, df: true }),
        icmp(11),
        packet(ipv4(A1.ip, B1.ip, { ttl: 1 }), udp(1, 2), payload(20)),
      ),
    ]),
  ),
  one("ttl-1-at-the-egress", "S47 S50", lab, "up0", fromL3(dyingAtL3), {
    ...dropped(
      "ttl_exceeded",
      byL3(handedOver(RED, X1, { ttl: 64, tos: CONTROL, df: true, upper: [icmp(11), quote4(dyingAtL3)] }), {
        tos: CONTROL,
      }),
    ),
  }),
  one("hop-limit-1-at-the-egress", "S47 S50", lab, "up0", fromL3(dyingAtL36), {
    ...dropped("ttl_exceeded", byL3(handedOver6(RED, X1, { hopLimit: 64, upper: [error6(3), quote6(dyingAtL36)] }))),
  }),
  one("ttl-1-from-behind-a-vtep", "S50", lab, "up0", arriving(leaving(RA, B1, { ttl: 1 })), {
    ...dropped("ttl_exceeded", [
      "up0",
      encapsulated(fromGateway(RED, RA, [icmp(11), quote4(leaving(RA, B1, { ttl: 1 }))], { tos: CONTROL }), {
        tos: CONTROL,
      }),
    ]),
  }),
  one("ttl-1-over-an-ipv6-underlay", "S50, P IPv6", irbLab6(), "up0", fromL3(dyingAtL3, { peer: V2_6 }), {
    ...dropped(
      "ttl_exceeded",
      byL3(handedOver(RED, X1, { ttl: 64, tos: CONTROL, df: true, upper: [icmp(11), quote4(dyingAtL3)] }), {
        tos: CONTROL,
        peer: V2_6,
      }),
    ),
  }),
  one(
    "address-in-the-senders-subnet-speaks",
    "RFC 1812 §4.3.2.4",
    irbLab({
      domains: { red: { gateway: { mac: GW_RED, addresses: ["10.11.0.1/24", "10.1.0.1/24"] } } },
    }),
    "h1",
    dying,
    dropped("ttl_exceeded", tells(11, 0, dying)),
  ),
  one(
    "first-address-speaks-to-strangers",
    "RFC 1812 §4.3.2.4",
    irbLab({ domains: { red: { gateway: { mac: GW_RED, addresses: ["10.11.0.1/24", "10.12.0.1/24"] } } } }),
    "h1",
    dying,
    dropped("ttl_exceeded", tells(11, 0, dying, 0, "10.11.0.1")),
  ),
];

const unreached = irbLab({ vteps: { v2: { via: "unreachable" } } });
const lost = leaving(A1, FAR);
const lost6 = leaving6(A1, FAR);
const knock = leaving(A1, RED, { upper: [tcp(1000, 179, { flags: 2 })] });
const asked = leaving(A1, RED, { ports: [1000, 33434] });
const asked6 = leaving6(A1, RED, { ports: [1000, 33434] });

const unreachable: Case[] = [
  one("no-route", "P IRB", lab, "h1", lost, dropped("no_route", tells(3, 0, lost))),
  one("no-route-ipv6", "P IRB", lab, "h1", lost6, dropped("no_route", tells6(1, 0, lost6))),
  one("no-route-at-the-egress", "P IRB", lab, "up0", fromL3(takenOver(X1, FAR)), {
    ...dropped(
      "no_route",
      byL3(handedOver(RED, X1, { ttl: 64, tos: CONTROL, df: true, upper: [icmp(3), quote4(takenOver(X1, FAR))] }), {
        tos: CONTROL,
      }),
    ),
  }),
  one("no-route-for-the-answer-either", "P IRB", lab, "up0", fromL3(takenOver(FAR, { ip: "203.0.113.10" })), {
    ...dropped("no_route"),
  }),
  one("udp-port-of-the-gateway", "S50: traceroute's last hop", lab, "h1", asked, consumed(tells(3, 3, asked))),
  one("udp-port-of-the-gateway-ipv6", "S50", lab, "h1", asked6, consumed(tells6(1, 4, asked6))),
  one("tcp-port-of-the-gateway", "P IRB", lab, "h1", knock, consumed(tells(3, 3, knock))),
  one(
    "no-l3-vni-for-the-subnet",
    "O16",
    irbLab({ vrfs: { tenant: ASYMMETRIC }, routes: { "10.9.0.0/24": [{ vtep: "v2", routerMac: RMAC2 }] } }),
    "h1",
    leaving(A1, X1),
    dropped("no_vni_for_dst_subnet", tells(3, 0, leaving(A1, X1))),
  ),
  one(
    "no-l3-vni-for-the-host",
    "O16",
    irbLab({ vrfs: { tenant: ASYMMETRIC }, routes: { "2001:db8:9::31/128": [{ vtep: "v2", routerMac: RMAC2 }] } }),
    "h1",
    leaving6(A1, X1),
    dropped("no_vni_for_dst_subnet", tells6(1, 0, leaving6(A1, X1))),
  ),
  one("vtep-without-route", "RFC 1812 §5.2.7.1", unreached, "h1", leaving(A1, X1), {
    ...dropped("underlay_unresolved", tells(3, 0, leaving(A1, X1))),
  }),
  one("vtep-without-route-ipv6", "RFC 4443 §3.1", unreached, "h1", leaving6(A1, X1), {
    ...dropped("underlay_unresolved", tells6(1, 0, leaving6(A1, X1))),
  }),
  one("host-behind-a-vtep-without-route", "RFC 1812 §5.2.7.1: its subnet is here", unreached, "h1", leaving(A1, RB), {
    ...dropped("underlay_unresolved", tells(3, 1, leaving(A1, RB))),
  }),
  one("host-behind-a-vtep-without-route-ipv6", "RFC 4443 §3.1", unreached, "h1", leaving6(A1, RB), {
    ...dropped("underlay_unresolved", tells6(1, 3, leaving6(A1, RB))),
  }),
  one(
    "host-on-a-segment-that-no-vtep-leads-to",
    "RFC 1812 §5.2.7.1",
    irbLab({ segments: { es: { vteps: [] } }, fdb: [{ domain: "blue", mac: RB.mac, at: "es" }] }),
    "h1",
    leaving(A1, RB),
    dropped("underlay_unresolved", tells(3, 1, leaving(A1, RB))),
  ),
  one("bridged-frames-to-it-are-dropped-in-silence", "P underlay", unreached, "h1", talk(A1, RA, [A1.mac, RA.mac]), {
    ...dropped("underlay_unresolved"),
  }),
  one("host-behind-a-disabled-port", "N6", irbLab({ ports: { h3: { enabled: false } } }), "h1", leaving(A1, B1), {
    ...dropped("port_disabled"),
  }),
  one(
    "host-whose-mac-is-held",
    "N7",
    irbLab({
      onlyFdb: [
        { domain: "red", mac: A1.mac, at: "h1" },
        { domain: "blue", mac: B1.mac, at: "held" },
      ],
    }),
    "h1",
    leaving(A1, B1),
    dropped("unknown_unicast_hold"),
  ),
  one(
    "host-without-mac-and-no-flooding",
    "P bridging",
    irbLab({ domains: { blue: { unknownUnicast: "drop" } }, onlyFdb: [{ domain: "red", mac: A1.mac, at: "h1" }] }),
    "h1",
    leaving(A1, B1),
    dropped("unknown_unicast_drop"),
  ),
  {
    id: "icmp/routed-unknown-unicast-is-policed",
    spec: "P security: routing is no way around storm control",
    given: irbLab({
      ports: { h1: { storm: { unknownUnicast: 1 } } },
      onlyFdb: [{ domain: "red", mac: A1.mac, at: "h1" }],
    }),
    frames: [
      {
        from: "h1",
        frame: leaving(A1, B1),
        expect: {
          verdict: "sent",
          outputs: [
            ["h3", talk(A1, B1, [B1.gateway, B1.mac], { ttl: 63 })],
            ["up0", encapsulated(talk(A1, B1, [B1.gateway, B1.mac], { ttl: 63 }), { vni: 200 })],
          ],
        },
      },
      { from: "h1", frame: leaving(A1, B1), expect: dropped("storm_control") },
    ],
  },
];

export const icmpErrors: readonly Case[] = [...timeExceeded, ...unreachable];
