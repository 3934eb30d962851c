// ARP and ND answered here for hosts that are known, and every exception from that (RFC 9161, RFC 5227, RFC 4862).

import { type Case, consumed, dropped, type Given, type Output, sent } from "../case.js";
import { advertisement, solicitation } from "../icmp.js";
import { A1, A2, asking, casesOf, everybody, GW_RED, irbLab, RA, RED } from "../irb_lab.js";
import { arriving, arriving6, encapsulated, encapsulated6, lab, lab6, V3, V3_6 } from "../lab.js";
import { arp, ethernet, ipv6, packet, payload, vlan } from "../packet.js";

const one = casesOf("suppression");

const KNOWN = [
  { domain: "red", ip: A1.ip, mac: A1.mac },
  { domain: "red", ip: A2.ip, mac: A2.mac },
  { domain: "red", ip: RA.ip, mac: RA.mac, flags: ["evpn"] },
  { domain: "red", ip: A1.ip6, mac: A1.mac },
  { domain: "red", ip: RA.ip6, mac: RA.mac, flags: ["evpn"] },
] as const;
const on = { domains: { red: { arpSuppression: true } }, neighbors: KNOWN };
const suppressing = lab(on);
const strict = lab({ ...on, domains: { red: { arpSuppression: true, unknownArp: "drop" } } });
const off = lab({ neighbors: KNOWN });
const routed = irbLab({ domains: { red: { arpSuppression: true } } });

const flooded = (frame: Uint8Array): Output[] => [
  ["h2", frame],
  ["up0", encapsulated(frame)],
  ["up0", encapsulated(frame, { peer: V3 })],
];

const request = (target: string, sender: { mac: string; ip: string } = A1): Uint8Array =>
  packet(everybody(sender), arp(sender.mac, sender.ip, target), payload(18));
const reply = (from: { mac: string; ip: string }, to: { mac: string; ip: string } = A1): Uint8Array =>
  packet(ethernet(from.mac, to.mac), arp(from.mac, from.ip, to.ip, to.mac));
const unicast = packet(ethernet(A1.mac, RA.mac), arp(A1.mac, A1.ip, RA.ip));
const PROBE = { mac: A1.mac, ip: "0.0.0.0" };
const announced = request(A1.ip);
const announcedReply = packet(everybody(A1), arp(A1.mac, A1.ip, A1.ip, "ff:ff:ff:ff:ff:ff"));
const unknown = request("10.1.0.77");

const arpCases: Case[] = [
  one("arp-for-a-known-remote-host", "S60 S63", suppressing, "h1", request(RA.ip), consumed(["h1", reply(RA)])),
  one("arp-for-a-known-local-host", "S60", suppressing, "h1", request(A2.ip), consumed(["h1", reply(A2)])),
  one("arp-where-a-gateway-is-too", "S60", routed, "h1", request(RA.ip), consumed(["h1", reply(RA)])),
  one("arp-over-an-ipv6-underlay", "S63", lab6(on), "h1", request(RA.ip), consumed(["h1", reply(RA)])),
  one(
    "arp-on-a-tagged-port",
    "S60",
    lab({ ...on, ports: { "t1.10": { domain: "red" } }, onlyFdb: [{ domain: "red", mac: A1.mac, at: "t1.10" }] }),
    "t1",
    packet(everybody(A1), vlan(10), arp(A1.mac, A1.ip, RA.ip)),
    consumed(["t1", packet(ethernet(RA.mac, A1.mac), vlan(10), arp(RA.mac, RA.ip, A1.ip, A1.mac))]),
  ),
  one(
    "arp-for-a-host-whose-port-is-down",
    "S60: answered even when the target is down but known",
    lab({ ...on, ports: { h2: { enabled: false } } }),
    "h1",
    request(A2.ip),
    consumed(["h1", reply(A2)]),
  ),
  one(
    "arp-for-a-host-in-no-fdb",
    "S60: a silent host's binding outlives its MAC",
    lab({ ...on, onlyFdb: [{ domain: "red", mac: A1.mac, at: "h1" }] }),
    "h1",
    request(RA.ip),
    consumed(["h1", reply(RA)]),
  ),
  one("arp-with-suppression-off", "S63", off, "h1", request(RA.ip), sent(...flooded(request(RA.ip)))),
  one(
    "arp-with-a-gateway-but-suppression-off",
    "S63",
    irbLab(),
    "h1",
    request(RA.ip),
    sent(...flooded(request(RA.ip))),
  ),
  one("arp-for-an-unknown-host-is-flooded", "S62", suppressing, "h1", unknown, sent(...flooded(unknown))),
  one("arp-for-an-unknown-host-is-dropped-by-policy", "S62", strict, "h1", unknown, dropped("unknown_arp_target")),
  one("arp-for-a-known-host-whatever-the-policy", "S62", strict, "h1", request(RA.ip), consumed(["h1", reply(RA)])),
  one(
    "arp-known-in-another-domain-only",
    "S5",
    suppressing,
    "h3",
    request(RA.ip, { mac: "02:00:00:00:01:03", ip: "10.1.0.13" }),
    {
      ...sent(["up0", encapsulated(request(RA.ip, { mac: "02:00:00:00:01:03", ip: "10.1.0.13" }), { vni: 200 })]),
    },
  ),
  one("unicast-request-passes", "S67", suppressing, "h1", unicast, sent(["up0", encapsulated(unicast)])),
  one(
    "unicast-request-for-an-unknown-host-passes",
    "S67",
    strict,
    "h1",
    packet(ethernet(A1.mac, RA.mac), arp(A1.mac, A1.ip, "10.1.0.77")),
    {
      ...sent(["up0", encapsulated(packet(ethernet(A1.mac, RA.mac), arp(A1.mac, A1.ip, "10.1.0.77")))]),
    },
  ),
  one("probe-is-flooded", "S61, RFC 5227 §2.1.1", suppressing, "h1", request(RA.ip, PROBE), {
    ...sent(...flooded(request(RA.ip, PROBE))),
  }),
  one("probe-is-flooded-whatever-the-policy", "S61", strict, "h1", request("10.1.0.77", PROBE), {
    ...sent(...flooded(request("10.1.0.77", PROBE))),
  }),
  one("announcement-is-flooded", "S66, RFC 5227 §2.3", suppressing, "h1", announced, sent(...flooded(announced))),
  one("announcement-by-reply-is-flooded", "S66", strict, "h1", announcedReply, sent(...flooded(announcedReply))),
  one("reply-between-hosts-is-bridged", "S69", suppressing, "h1", reply(A1, A2), sent(["h2", reply(A1, A2)])),
  one("request-from-the-tunnel-is-bridged", "S63", suppressing, "up0", arriving(request(A2.ip, RA)), {
    ...sent(["h1", request(A2.ip, RA)], ["h2", request(A2.ip, RA)]),
  }),
  one("request-from-the-tunnel-for-nobody-is-bridged", "S62", strict, "up0", arriving(request("10.1.0.77", RA)), {
    ...sent(["h1", request("10.1.0.77", RA)], ["h2", request("10.1.0.77", RA)]),
  }),
  one("reply-from-the-tunnel-is-bridged", "S69", suppressing, "up0", arriving(reply(RA)), sent(["h1", reply(RA)])),
  {
    id: "suppression/storm-control-does-not-count-what-is-answered",
    spec: "P security",
    given: lab({ ...on, ports: { h1: { storm: { broadcast: 1 } } } }),
    frames: [
      { from: "h1", frame: request(RA.ip), expect: consumed(["h1", reply(RA)]) },
      { from: "h1", frame: request(A2.ip), expect: consumed(["h1", reply(A2)]) },
      { from: "h1", frame: unknown, expect: sent(...flooded(unknown)) },
      { from: "h1", frame: unknown, expect: dropped("storm_control") },
    ],
  },
];

const ns = (target: string, source: string = A1.ip6): Uint8Array =>
  packet(...asking(A1, source, target), solicitation(target, { mac: A1.mac }));
const na = (from: { mac: string; ip6: string }, flags: string): Uint8Array =>
  packet(
    ethernet(from.mac, A1.mac),
    ipv6(from.ip6, A1.ip6, { hopLimit: 255 }),
    advertisement(from.ip6, flags, { mac: from.mac }),
  );
const nd = (flags: readonly ("router" | "anycast")[]): Given =>
  lab({
    domains: { red: { arpSuppression: true } },
    neighbors: [
      { domain: "red", ip: A1.ip6, mac: A1.mac },
      { domain: "red", ip: RA.ip6, mac: RA.mac, flags },
    ],
  });
const dad = packet(...asking(A1, "::", RA.ip6), solicitation(RA.ip6));
const unicastNs = packet(
  ethernet(A1.mac, RA.mac),
  ipv6(A1.ip6, RA.ip6, { hopLimit: 255 }),
  solicitation(RA.ip6, { mac: A1.mac }),
);
const unsolicited = packet(
  ethernet(A1.mac, "33:33:00:00:00:01"),
  ipv6(A1.ip6, "ff02::1", { hopLimit: 255 }),
  advertisement(A1.ip6, "O", { mac: A1.mac }),
);
const far = packet(...asking(RA, RA.ip6, A1.ip6), solicitation(A1.ip6, { mac: RA.mac }));

const ndCases: Case[] = [
  one("solicitation-for-a-known-host", "S60 S65", suppressing, "h1", ns(RA.ip6), consumed(["h1", na(RA, "SO")])),
  one("solicitation-for-a-known-router", "S65", nd(["router"]), "h1", ns(RA.ip6), consumed(["h1", na(RA, "RSO")])),
  one("solicitation-for-an-anycast-address", "S65, RFC 4861 §7.2.7", nd(["anycast"]), "h1", ns(RA.ip6), {
    ...consumed(["h1", na(RA, "S")]),
  }),
  one("solicitation-for-an-anycast-router", "S65", nd(["router", "anycast"]), "h1", ns(RA.ip6), {
    ...consumed(["h1", na(RA, "RS")]),
  }),
  one("solicitation-where-a-gateway-is-too", "S60", routed, "h1", ns(RA.ip6), consumed(["h1", na(RA, "SO")])),
  one("solicitation-for-an-unknown-host-is-flooded", "S62", suppressing, "h1", ns("2001:db8:1::77"), {
    ...sent(...flooded(ns("2001:db8:1::77"))),
  }),
  one("solicitation-for-an-unknown-host-is-dropped-by-policy", "S62", strict, "h1", ns("2001:db8:1::77"), {
    ...dropped("unknown_arp_target"),
  }),
  one("solicitation-with-suppression-off", "S63", off, "h1", ns(RA.ip6), sent(...flooded(ns(RA.ip6)))),
  one("duplicate-address-detection-is-flooded", "S61, RFC 4862 §5.4", suppressing, "h1", dad, sent(...flooded(dad))),
  one("duplicate-address-detection-whatever-the-policy", "S61", strict, "h1", dad, sent(...flooded(dad))),
  one("unicast-solicitation-passes", "S67", suppressing, "h1", unicastNs, sent(["up0", encapsulated(unicastNs)])),
  one("unsolicited-advertisement-is-flooded", "S66", suppressing, "h1", unsolicited, sent(...flooded(unsolicited))),
  one("solicitation-from-the-tunnel-is-bridged", "S63", suppressing, "up0", arriving(far), {
    ...sent(["h1", far], ["h2", far]),
  }),
  one("solicitation-over-an-ipv6-underlay", "S63", lab6({ ...on, domains: {} }), "h1", ns(RA.ip6), {
    ...sent(["h2", ns(RA.ip6)], ["up0", encapsulated6(ns(RA.ip6))], ["up0", encapsulated6(ns(RA.ip6), { peer: V3_6 })]),
  }),
  one("solicitation-from-an-ipv6-tunnel-is-bridged", "S63", lab6(on), "up0", arriving6(far), {
    ...sent(["h1", far], ["h2", far]),
  }),
  one(
    "other-icmpv6-is-bridged",
    "S63",
    suppressing,
    "h1",
    packet(ethernet(A1.mac, GW_RED), ipv6(A1.ip6, RED.ip6), payload(8)),
    {
      ...sent(...flooded(packet(ethernet(A1.mac, GW_RED), ipv6(A1.ip6, RED.ip6), payload(8)))),
    },
  ),
];

export const suppression: readonly Case[] = [...arpCases, ...ndCases];
