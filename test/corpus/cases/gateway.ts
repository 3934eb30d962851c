// The anycast gateway itself: its addresses are answered for here, and nothing of that crosses the underlay (O5).

import { binding, binds, type Case, consumed, dropped, sent } from "../case.js";
import { advertisement, echo, icmp, icmpv6, solicitation } from "../icmp.js";
import {
  A1,
  A2,
  asking,
  B1,
  BLUE,
  byL3,
  casesOf,
  everybody,
  fromGateway,
  fromGateway6,
  fromL3,
  GW_RED,
  handedOver,
  handedOver6,
  irbLab,
  leaving,
  leaving6,
  ping,
  pong,
  RA,
  RED,
  RMAC,
  takenOver,
  takenOver6,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { arriving, encapsulated, V3 } from "../lab.js";
import { arp, concat, ethernet, ipv4, ipv6, type Layer, packet, payload, vlan } from "../packet.js";

const one = casesOf("gateway");
const lab = irbLab();
const GW_LL = "fe80::1";
const A1_LL = "fe80::11";
const many = irbLab({
  domains: {
    red: {
      vrf: "tenant",
      gateway: { mac: GW_RED, addresses: ["10.1.0.1/24", "10.11.0.1/16", "2001:db8:1::1/64", `${GW_LL}/64`] },
    },
  },
});

/** What the gateway of red says to A1 about an IPv4 address. */
const answer = (ip: string, to: { mac: string; ip: string } = A1, mac: string = GW_RED): Uint8Array =>
  packet(ethernet(mac, to.mac), arp(mac, ip, to.ip, to.mac));
const ask = (from: { mac: string; ip: string }, target: string): Uint8Array =>
  packet(everybody(from), arp(from.mac, from.ip, target), payload(18));

const arpCases: Case[] = [
  one("arp-request", "O5, C10", lab, "h1", ask(A1, RED.ip), consumed(["h1", answer(RED.ip)])),
  one("arp-request-without-padding", "O5", lab, "h1", packet(everybody(A1), arp(A1.mac, A1.ip, RED.ip)), {
    ...consumed(["h1", answer(RED.ip)]),
  }),
  one(
    "arp-request-on-a-tagged-port",
    "O5",
    irbLab({ ports: { "t1.10": { domain: "red" } }, onlyFdb: [{ domain: "red", mac: A1.mac, at: "t1.10" }] }),
    "t1",
    packet(everybody(A1), vlan(10), arp(A1.mac, A1.ip, RED.ip)),
    consumed(["t1", packet(ethernet(GW_RED, A1.mac), vlan(10), arp(GW_RED, RED.ip, A1.ip, A1.mac))]),
  ),
  one("arp-request-by-unicast", "S67", lab, "h1", packet(ethernet(A1.mac, GW_RED), arp(A1.mac, A1.ip, RED.ip)), {
    ...consumed(["h1", answer(RED.ip)]),
  }),
  one("arp-second-address", "P IRB", many, "h1", ask(A1, "10.11.0.1"), consumed(["h1", answer("10.11.0.1")])),
  one(
    "arp-vrrp-mac",
    "S51",
    irbLab({ domains: { red: { gateway: { mac: "00:00:5e:00:01:0a", addresses: ["10.1.0.1/24"] } } } }),
    "h1",
    ask(A1, RED.ip),
    consumed(["h1", answer(RED.ip, A1, "00:00:5e:00:01:0a")]),
  ),
  one("arp-gateway-of-the-other-domain-is-not-here", "O17", lab, "h1", ask(A1, BLUE.ip), {
    ...sent(
      ["h2", ask(A1, BLUE.ip)],
      ["up0", encapsulated(ask(A1, BLUE.ip))],
      ["up0", encapsulated(ask(A1, BLUE.ip), { peer: V3 })],
    ),
  }),
  one("arp-probe-for-the-gateways-address", "S61", lab, "h1", ask({ mac: A1.mac, ip: "0.0.0.0" }, RED.ip), {
    ...consumed(["h1", answer(RED.ip, { mac: A1.mac, ip: "0.0.0.0" })]),
  }),
  one("arp-announcement-of-the-gateways-address", "S61 S64", lab, "h1", ask({ mac: A1.mac, ip: RED.ip }, RED.ip), {
    ...consumed(["h1", answer(RED.ip, { mac: A1.mac, ip: RED.ip })]),
  }),
  one(
    "arp-in-the-gateways-name-for-its-other-address",
    "S64",
    many,
    "h1",
    ask({ mac: A1.mac, ip: RED.ip }, "10.11.0.1"),
    {
      ...consumed(["h1", answer("10.11.0.1", { mac: A1.mac, ip: RED.ip })]),
    },
  ),
  one("arp-in-the-gateways-name-for-a-host", "S64", lab, "h1", ask({ mac: A1.mac, ip: RED.ip }, A2.ip), {
    ...dropped("arp_invalid"),
  }),
  one(
    "arp-reply-that-claims-the-gateways-address",
    "S64",
    lab,
    "h1",
    packet(everybody(A1), arp(A1.mac, RED.ip, RED.ip, A1.mac)),
    dropped("arp_invalid"),
  ),
  one("arp-request-from-the-tunnel-has-its-answer", "O5 O8", lab, "up0", arriving(ask(RA, RED.ip)), consumed()),
  one(
    "arp-from-the-gateway-of-another-vtep",
    "O8 S52",
    irbLab({ domains: { red: { learnRemote: true } } }),
    "up0",
    arriving(ask(RED, A1.ip)),
    sent(["h1", ask(RED, A1.ip)], ["h2", ask(RED, A1.ip)]),
  ),
  one(
    "announcement-of-another-vteps-gateway",
    "O8",
    lab,
    "up0",
    arriving(packet(everybody(RED), arp(GW_RED, RED.ip, RED.ip, "ff:ff:ff:ff:ff:ff"))),
    sent(
      ["h1", packet(everybody(RED), arp(GW_RED, RED.ip, RED.ip, "ff:ff:ff:ff:ff:ff"))],
      ["h2", packet(everybody(RED), arp(GW_RED, RED.ip, RED.ip, "ff:ff:ff:ff:ff:ff"))],
    ),
  ),
  one(
    "arp-reply-to-the-gateway-is-taken",
    "S69",
    lab,
    "h1",
    packet(ethernet(A1.mac, GW_RED), arp(A1.mac, A1.ip, RED.ip, GW_RED)),
    {
      ...consumed(),
    },
  ),
  one("gateways-mac-as-source-from-a-host", "S52, N11", lab, "h1", talk(RED, A2, [GW_RED, A2.mac]), {
    ...dropped("source_invalid"),
  }),
  one(
    "arp-asked-where-the-port-does-not-learn",
    "O5: not flooded, though the asker is in no FDB",
    irbLab({ ports: { h1: { learning: false } }, onlyFdb: [] }),
    "h1",
    ask(A1, RED.ip),
    consumed(["h1", answer(RED.ip)]),
  ),
];

const NA = "RSO";
const told = (ip: string, to: { mac: string }, toIp: string, flags = NA): Uint8Array =>
  packet(ethernet(GW_RED, to.mac), ipv6(ip, toIp, { hopLimit: 255 }), advertisement(ip, flags, { mac: GW_RED }));
const nsFor = (target: string, source: string, mac: string | undefined = A1.mac): Uint8Array =>
  packet(...asking(A1, source, target), solicitation(target, mac === undefined ? {} : { mac }));
const probe = packet(...asking(A1, "::", RED.ip6), solicitation(RED.ip6));

const ndCases: Case[] = [
  one("solicitation", "O5 S65", lab, "h1", nsFor(RED.ip6, A1.ip6), consumed(["h1", told(RED.ip6, A1, A1.ip6)])),
  one("solicitation-from-a-link-local-address", "S65", lab, "h1", nsFor(RED.ip6, A1_LL), {
    ...binds(consumed(["h1", told(RED.ip6, A1, A1_LL)]), binding("red", A1_LL, A1.mac)),
  }),
  one("solicitation-for-the-link-local-address", "P IRB", many, "h1", nsFor(GW_LL, A1_LL), {
    ...binds(consumed(["h1", told(GW_LL, A1, A1_LL)]), binding("red", A1_LL, A1.mac)),
  }),
  one(
    "solicitation-by-unicast",
    "S67",
    lab,
    "h1",
    packet(ethernet(A1.mac, GW_RED), ipv6(A1.ip6, RED.ip6, { hopLimit: 255 }), solicitation(RED.ip6)),
    consumed(["h1", told(RED.ip6, A1, A1.ip6)]),
  ),
  one("probe-for-the-gateways-address", "S61, RFC 4861 §7.2.4", lab, "h1", probe, {
    ...consumed(["h1", told(RED.ip6, A1, "ff02::1", "RO")]),
  }),
  one("solicitation-in-the-gateways-name", "S64", lab, "h1", nsFor(A2.ip6, RED.ip6), dropped("nd_invalid")),
  one("solicitation-in-the-gateways-name-for-itself", "S64", many, "h1", nsFor(GW_LL, RED.ip6), dropped("nd_invalid")),
  one(
    "advertisement-that-claims-the-gateways-address",
    "S64",
    lab,
    "h1",
    packet(
      ethernet(A1.mac, "33:33:00:00:00:01"),
      ipv6(A1.ip6, "ff02::1", { hopLimit: 255 }),
      advertisement(RED.ip6, "O", { mac: A1.mac }),
    ),
    dropped("nd_invalid"),
  ),
  one(
    "solicitation-from-the-tunnel-has-its-answer",
    "O5",
    lab,
    "up0",
    arriving(packet(...asking(RA, RA.ip6, RED.ip6), solicitation(RED.ip6, { mac: RA.mac }))),
    consumed(),
  ),
  one(
    "advertisement-to-the-gateway-is-taken",
    "S70",
    lab,
    "h1",
    packet(
      ethernet(A1.mac, GW_RED),
      ipv6(A1.ip6, RED.ip6, { hopLimit: 255 }),
      advertisement(A1.ip6, "SO", { mac: A1.mac }),
    ),
    consumed(),
  ),
];

const pings: Case[] = [
  one("ping", "O5", lab, "h1", leaving(A1, RED, { upper: ping }), consumed(["h1", fromGateway(RED, A1, pong)])),
  one("ping-ipv6", "O5", lab, "h1", leaving6(A1, RED, { upper: [icmpv6(), payload(56)] }), {
    ...consumed(["h1", fromGateway6(RED, A1, [icmpv6(129), payload(56)])]),
  }),
  one("ping-with-ttl-1", "S50", lab, "h1", leaving(A1, RED, { upper: ping, ttl: 1 }), {
    ...consumed(["h1", fromGateway(RED, A1, pong)]),
  }),
  one("ping-of-another-domains-gateway", "O5", lab, "h1", leaving(A1, BLUE, { upper: ping }), {
    ...consumed(["h1", packet(ethernet(GW_RED, A1.mac), ipv4(BLUE.ip, A1.ip, { df: true }), ...pong)]),
  }),
  one("ping-of-odd-length", "O5", lab, "h1", leaving(A1, RED, { upper: [echo(7, 1), payload(3)] }), {
    ...consumed(["h1", fromGateway(RED, A1, [icmp(0, { rest: 0x70001 }), payload(3)])]),
  }),
  one("ping-with-tos-keeps-it", "O25", lab, "h1", leaving(A1, RED, { upper: ping, tos: 0x28 }), {
    ...consumed(["h1", fromGateway(RED, A1, pong, { tos: 0x28 })]),
  }),
  one("ping-with-options", "P IRB", lab, "h1", leaving(A1, RED, { upper: ping, options: new Uint8Array(8).fill(1) }), {
    ...consumed(["h1", fromGateway(RED, A1, pong)]),
  }),
  one(
    "padding-of-a-ping-is-not-answered",
    "S20",
    lab,
    "h1",
    concat(leaving(A1, RED, { upper: [echo()] }), payload(18)),
    {
      ...consumed(["h1", fromGateway(RED, A1, [icmp(0, { rest: 0x10001 })])]),
    },
  ),
  one(
    "ping-from-a-link-local-address",
    "RFC 4291 §2.5.6",
    lab,
    "h1",
    talk6({ ip6: A1_LL }, RED, [A1.mac, GW_RED], { upper: [icmpv6()] }),
    {
      ...consumed(["h1", fromGateway6(RED, { mac: A1.mac, ip6: A1_LL }, [icmpv6(129)])]),
    },
  ),
  one(
    "ping-of-the-link-local-address",
    "RFC 4291 §2.5.6",
    many,
    "h1",
    talk6({ ip6: A1_LL }, { ip6: GW_LL }, [A1.mac, GW_RED], { upper: [icmpv6()] }),
    {
      ...consumed(["h1", fromGateway6({ mac: GW_RED, ip6: GW_LL }, { mac: A1.mac, ip6: A1_LL }, [icmpv6(129)])]),
    },
  ),
  one(
    "ping-of-the-link-local-address-in-another-domain",
    "RFC 4291 §2.5.6",
    many,
    "h3",
    talk6({ ip6: "fe80::21" }, { ip6: GW_LL }, [B1.mac, B1.gateway], { upper: [icmpv6()] }),
    dropped("ip_invalid"),
  ),
  one("ping-from-behind-a-vtep", "P IRB: centralised", lab, "up0", arriving(leaving(RA, RED, { upper: ping })), {
    ...consumed(["up0", encapsulated(fromGateway(RED, RA, pong))]),
  }),
  one(
    "ping-from-behind-a-vtep-that-no-fdb-knows",
    "O5: back where it came from, to nobody else",
    irbLab({ onlyFdb: [] }),
    "up0",
    arriving(leaving(RA, RED, { upper: ping }), { peer: V3 }),
    consumed(["up0", encapsulated(fromGateway(RED, RA, pong), { peer: V3 })]),
  ),
  one("ping-by-the-l3-vni", "O5", lab, "up0", fromL3(takenOver(X1, RED, { upper: ping })), {
    ...consumed(byL3(handedOver(RED, X1, { upper: pong, ttl: 64, df: true }))),
  }),
  one("ping-by-the-l3-vni-ipv6", "O5", lab, "up0", fromL3(takenOver6(X1, RED, { upper: [icmpv6()] })), {
    ...consumed(byL3(handedOver6(RED, X1, { upper: [icmpv6(129)], hopLimit: 64 }))),
  }),
  one(
    "ping-by-the-l3-vni-from-nowhere",
    "S50",
    lab,
    "up0",
    fromL3(takenOver({ ip: "192.0.2.1" }, RED, { upper: ping })),
    {
      ...consumed(),
    },
  ),
  one("echo-reply-to-the-gateway-is-taken", "P IRB", lab, "h1", leaving(A1, RED, { upper: pong }), consumed()),
  one("fragment-of-a-ping-is-taken", "P IRB", lab, "h1", leaving(A1, RED, { upper: ping, mf: true }), consumed()),
  one("protocol-without-ports-is-taken", "P IRB", lab, "h1", leaving(A1, RED, { upper: [payload(20)] }), consumed()),
  one(
    "wrong-icmp-checksum-is-still-wrong",
    "RFC 1624",
    lab,
    "h1",
    leaving(A1, RED, { upper: [icmp(8, { checksum: 0x1234 })] }),
    {
      ...consumed(["h1", fromGateway(RED, A1, [icmp(0, { checksum: 0x1a34 })])]),
    },
  ),
  one("gateway-mac-and-other-ethertype", "P IRB", lab, "h1", packet(ethernet(A1.mac, GW_RED), payload(46)), {
    ...dropped("ip_invalid"),
  }),
];

const link: readonly [Layer] = [ethernet(A1.mac, RMAC)];

const macs: Case[] = [
  one("router-mac-means-nothing-in-an-l2-domain", "S48", lab, "h1", packet(...link, ipv4(A1.ip, B1.ip), payload(20)), {
    ...sent(
      ["h2", packet(...link, ipv4(A1.ip, B1.ip), payload(20))],
      ["up0", encapsulated(packet(...link, ipv4(A1.ip, B1.ip), payload(20)))],
      ["up0", encapsulated(packet(...link, ipv4(A1.ip, B1.ip), payload(20)), { peer: V3 })],
    ),
  }),
];

export const gateway: readonly Case[] = [...arpCases, ...ndCases, ...pings, ...macs];
