// A gateway that hosts behind other VTEPs have too, whose VTEPs only bridge (centralised IRB: RFC 9135 §1, RFC 7348
// §4): it answers what comes through the tunnel, learns who asks, and routes back into it.

import { binding, binds, type Case, consumed, dropped, type Given, held, sent } from "../case.js";
import { advertisement, icmpv6, solicitation } from "../icmp.js";
import {
  A1,
  ASYMMETRIC,
  asking,
  B1,
  BLUE,
  brought,
  brought6,
  byL3,
  casesOf,
  everybody,
  fromGateway,
  fromGateway6,
  GW_BLUE,
  GW_RED,
  handedOver,
  type IrbChanges,
  irbLab,
  irbLab6,
  knows,
  leaving,
  leaving6,
  ping,
  pong,
  RA,
  RB,
  RED,
  SILENT,
  X1,
} from "../irb_lab.js";
import { arriving, arriving6, encapsulated, encapsulated6, H4, R2, STRANGER, V3 } from "../lab.js";
import { arp, ethernet, ipv6, packet, payload } from "../packet.js";

const one = casesOf("central");
const SPEC = "P IRB: centralised";
const central: IrbChanges = {
  domains: {
    red: { gateway: { mac: GW_RED, addresses: [`${RED.ip}/24`, `${RED.ip6}/64`], central: true } },
    blue: { gateway: { mac: GW_BLUE, addresses: [`${BLUE.ip}/24`, `${BLUE.ip6}/64`], central: true } },
  },
  vrfs: { tenant: ASYMMETRIC },
};
const lab = irbLab(central);
const lab6 = irbLab6(central);
const unheard = irbLab({ ...central, onlyNeighbors: [] });

type Speaker = { readonly mac: string; readonly ip: string };
const ask = (from: Speaker, target: string): Uint8Array =>
  packet(everybody(from), arp(from.mac, from.ip, target), payload(18));
const answer = (to: Speaker): Uint8Array => packet(ethernet(GW_RED, to.mac), arp(GW_RED, RED.ip, to.ip, to.mac));
const to = (inner: Uint8Array, fields = {}) => ["up0", encapsulated(inner, fields)] as const;
const isRa = binding("red", RA.ip, RA.mac);
const isRa6 = binding("red", RA.ip6, RA.mac);
const tells = packet(ethernet(RA.mac, GW_RED), arp(RA.mac, RA.ip, RED.ip, GW_RED));
const claim = (from: Speaker): Uint8Array => packet(everybody(from), arp(from.mac, RED.ip, A1.ip));

const arpCases: Case[] = [
  one("arp-request", SPEC, lab, "up0", arriving(ask(RA, RED.ip)), consumed(to(answer(RA)))),
  one("arp-request-of-a-host-not-heard-of", SPEC, unheard, "up0", arriving(ask(RA, RED.ip)), {
    ...binds(consumed(to(answer(RA))), isRa),
  }),
  one(
    "arp-request-by-unicast",
    "S67",
    lab,
    "up0",
    arriving(packet(ethernet(RA.mac, GW_RED), arp(RA.mac, RA.ip, RED.ip))),
    {
      ...consumed(to(answer(RA))),
    },
  ),
  one(
    "arp-request-from-behind-a-vtep-that-no-fdb-knows",
    "O5: back where it came from, to nobody else",
    irbLab({ ...central, onlyFdb: [], onlyNeighbors: [] }),
    "up0",
    arriving(ask(RA, RED.ip), { peer: V3 }),
    binds(consumed(to(answer(RA), { peer: V3 })), isRa),
  ),
  one("arp-request-over-an-ipv6-underlay", SPEC, lab6, "up0", arriving6(ask(RA, RED.ip)), {
    ...consumed(["up0", encapsulated6(answer(RA))]),
  }),
  one("arp-request-of-a-local-host", "O5", lab, "h1", ask(A1, RED.ip), consumed(["h1", answer(A1)])),
  one("arp-probe-for-the-gateways-address", "S61", lab, "up0", arriving(ask({ ...RA, ip: "0.0.0.0" }, RED.ip)), {
    ...consumed(to(answer({ ...RA, ip: "0.0.0.0" }))),
  }),
  one("arp-announcement-of-the-gateways-address", "S64", lab, "up0", arriving(ask({ ...RA, ip: RED.ip }, RED.ip)), {
    ...consumed(to(answer({ ...RA, ip: RED.ip }))),
  }),
  one("arp-in-the-gateways-name-for-a-host", "S64", lab, "up0", arriving(claim(RA)), dropped("arp_invalid")),
  one("arp-of-a-second-central-gateway", "O8", lab, "up0", arriving(claim(RED)), {
    ...sent(["h1", claim(RED)], ["h2", claim(RED)]),
  }),
  one("announcement-of-a-second-central-gateway", "O8", lab, "up0", arriving(ask(RED, RED.ip)), consumed()),
  one("arp-request-for-a-host-is-bridged", "S63", lab, "up0", arriving(ask(RA, A1.ip)), {
    ...sent(["h1", ask(RA, A1.ip)], ["h2", ask(RA, A1.ip)]),
  }),
  one("arp-reply-to-the-gateway-teaches", "S55 S69", unheard, "up0", arriving(tells), binds(consumed(), isRa)),
  one(
    "arp-reply-to-an-anycast-gateway-does-not",
    "O8",
    irbLab({ onlyNeighbors: [] }),
    "up0",
    arriving(tells),
    consumed(),
  ),
  one(
    "arp-does-not-move-what-evpn-knows",
    "S54: the control plane decides which VTEP a host is behind",
    lab,
    "up0",
    arriving(packet(ethernet(R2.mac, GW_RED), arp(R2.mac, RA.ip, RED.ip, GW_RED))),
    consumed(),
  ),
  one(
    "arp-moves-what-a-host-said",
    "S69",
    irbLab({ ...central, onlyNeighbors: knows("red", RA) }),
    "up0",
    arriving(packet(ethernet(R2.mac, GW_RED), arp(R2.mac, RA.ip, RED.ip, GW_RED))),
    binds(consumed(), binding("red", RA.ip, R2.mac)),
  ),
];

const ns = (from: { mac: string; ip6: string }, target: string): Uint8Array =>
  packet(...asking(from, from.ip6, target), solicitation(target, { mac: from.mac }));
const na = (toWhom: { mac: string }, ip6: string, flags = "RSO"): Uint8Array =>
  packet(
    ethernet(GW_RED, toWhom.mac),
    ipv6(RED.ip6, ip6, { hopLimit: 255 }),
    advertisement(RED.ip6, flags, { mac: GW_RED }),
  );
const dad = packet(...asking(RA, "::", RED.ip6), solicitation(RED.ip6));
const advertised = packet(
  ethernet(RA.mac, GW_RED),
  ipv6(RA.ip6, RED.ip6, { hopLimit: 255 }),
  advertisement(RA.ip6, "SO", { mac: RA.mac }),
);
const claim6 = (mac: string): Uint8Array =>
  packet(
    ethernet(mac, "33:33:00:00:00:01"),
    ipv6(RED.ip6, "ff02::1", { hopLimit: 255 }),
    advertisement(RED.ip6, "O", { mac }),
  );

const ndCases: Case[] = [
  one("solicitation", SPEC, lab, "up0", arriving(ns(RA, RED.ip6)), consumed(to(na(RA, RA.ip6)))),
  one("solicitation-of-a-host-not-heard-of", SPEC, unheard, "up0", arriving(ns(RA, RED.ip6)), {
    ...binds(consumed(to(na(RA, RA.ip6))), isRa6),
  }),
  one("duplicate-address-detection", "S61", lab, "up0", arriving(dad), consumed(to(na(RA, "ff02::1", "RO")))),
  one("solicitation-in-the-gateways-name", "S64", lab, "up0", arriving(ns({ ...RA, ip6: RED.ip6 }, A1.ip6)), {
    ...dropped("nd_invalid"),
  }),
  one("advertisement-in-the-gateways-name", "S64", lab, "up0", arriving(claim6(RA.mac)), dropped("nd_invalid")),
  one("advertisement-of-a-second-central-gateway", "O8", lab, "up0", arriving(claim6(GW_RED)), {
    ...sent(["h1", claim6(GW_RED)], ["h2", claim6(GW_RED)]),
  }),
  one("advertisement-to-the-gateway-teaches", "S55 S69", unheard, "up0", arriving(advertised), {
    ...binds(consumed(), isRa6),
  }),
];

const fromRa = (target: { ip: string }, fields = {}) => arriving(leaving(RA, target, fields));
const blueBehindV3: Given = irbLab({
  ...central,
  vteps: { v3: { floods: ["red", "blue"] } },
  fdb: [{ domain: "blue", mac: H4.mac, at: "v3" }],
  neighbors: [{ domain: "blue", ip: "10.2.0.41", mac: H4.mac }],
});
const FAR_BLUE = { ...RB, mac: H4.mac, ip: "10.2.0.41" };
const both = irbLab({ ...central, vrfs: {} });

const routed: Case[] = [
  one("from-a-tunnel-to-a-local-host", SPEC, lab, "up0", fromRa(B1), sent(["h3", brought(RA, B1)])),
  one("from-a-tunnel-to-a-local-host-ipv6", SPEC, lab, "up0", arriving(leaving6(RA, B1)), {
    ...sent(["h3", brought6(RA, B1)]),
  }),
  one("from-a-local-host-into-a-tunnel", SPEC, lab, "h3", leaving(B1, RA), sent(to(brought(B1, RA)))),
  one("back-into-the-same-tunnel", SPEC, lab, "up0", fromRa(RB), sent(to(brought(RA, RB), { vni: 200 }))),
  one("back-into-the-same-tunnel-ipv6", SPEC, lab, "up0", arriving(leaving6(RA, RB)), {
    ...sent(to(brought6(RA, RB), { vni: 200 })),
  }),
  one("into-another-tunnel", SPEC, blueBehindV3, "up0", fromRa(FAR_BLUE), {
    ...sent(to(brought(RA, FAR_BLUE), { vni: 200, peer: V3 })),
  }),
  one("over-an-ipv6-underlay", SPEC, lab6, "up0", arriving6(leaving(RA, RB)), {
    ...sent(["up0", encapsulated6(brought(RA, RB), { vni: 200 })]),
  }),
  one("on-to-another-site-by-the-l3-vni", SPEC, both, "up0", fromRa(X1), sent(byL3(handedOver(RA, X1)))),
  one("to-a-silent-host-is-held", "S55", lab, "up0", fromRa(SILENT), held),
  one("ping-of-the-gateway-with-ttl-1", "S50", lab, "up0", fromRa(RED, { upper: ping, ttl: 1 }), {
    ...consumed(to(fromGateway(RED, RA, pong))),
  }),
  one("ping-of-the-gateway-ipv6", SPEC, lab, "up0", arriving(leaving6(RA, RED, { upper: [icmpv6(), payload(56)] })), {
    ...consumed(to(fromGateway6(RED, RA, [icmpv6(129), payload(56)]))),
  }),
  one("what-hosts-ask-each-other-teaches-too", "S69", lab, "up0", arriving(ask(STRANGER, R2.ip)), {
    ...binds(
      sent(["h1", ask(STRANGER, R2.ip)], ["h2", ask(STRANGER, R2.ip)]),
      binding("red", STRANGER.ip, STRANGER.mac),
    ),
  }),
];

/** Nothing known of a host but where its MAC is: its ARP request opens the way for what is sent to it. */
const conversation: Case = {
  id: "central/first-words-of-a-host",
  spec: SPEC,
  given: unheard,
  frames: [
    { from: "h3", frame: leaving(B1, RA), expect: held },
    { from: "up0", frame: arriving(ask(RA, RED.ip)), expect: binds(consumed(to(answer(RA))), isRa) },
    { from: "h3", frame: leaving(B1, RA), expect: sent(to(brought(B1, RA), { id: 1 })) },
  ],
};

export const centralGateway: readonly Case[] = [...arpCases, ...ndCases, ...routed, conversation];
