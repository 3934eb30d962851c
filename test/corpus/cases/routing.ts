// Routing between bridge domains, symmetric by the L3 VNI and asymmetric by the L2 VNI of the destination (RFC 9135).

import { type Case, type Given, held, place, sent } from "../case.js";
import {
  A1,
  A2,
  ASYMMETRIC,
  at,
  B1,
  brought,
  brought6,
  byL3,
  casesOf,
  fromL3,
  GW_BLUE,
  GW_RED,
  handedOver,
  handedOver6,
  irbLab,
  irbLab6,
  knows,
  L3_VNI,
  leaving,
  leaving6,
  ping,
  pong,
  RA,
  RB,
  RMAC,
  RMAC2,
  RMAC3,
  SILENT,
  takenOver,
  takenOver6,
  talk,
  X1,
} from "../irb_lab.js";
import { arriving, arriving6, encapsulated, encapsulated6, H4, V2_6, V3 } from "../lab.js";
import { ethernet, ipv4, packet, payload, udp, vlan } from "../packet.js";

const one = casesOf("routing");
const lab = irbLab();
const asymmetric = irbLab({ vrfs: { tenant: ASYMMETRIC } });

const local: Case[] = [
  one("between-two-local-domains", "O3, P IRB", lab, "h1", leaving(A1, B1), sent(["h3", brought(A1, B1)])),
  one("between-two-local-domains-ipv6", "P IRB", lab, "h1", leaving6(A1, B1), sent(["h3", brought6(A1, B1)])),
  one("back-into-the-same-domain", "P IRB", lab, "h1", leaving(A1, A2), sent(["h2", brought(A1, A2)])),
  one(
    "back-out-of-the-same-port",
    "P IRB",
    irbLab({ fdb: [{ domain: "red", mac: H4.mac, at: "h1" }], neighbors: knows("red", at(H4.mac, 1, 14, GW_RED)) }),
    "h1",
    leaving(A1, at(H4.mac, 1, 14, GW_RED)),
    sent(["h1", brought(A1, at(H4.mac, 1, 14, GW_RED))]),
  ),
  one(
    "from-and-to-tagged-ports",
    "P IRB",
    irbLab({
      ports: { "t1.10": { domain: "red" }, "t1.20": { domain: "blue" } },
      fdb: [
        { domain: "red", mac: H4.mac, at: "t1.10" },
        { domain: "blue", mac: X1.mac, at: "t1.20" },
      ],
      neighbors: knows("blue", at(X1.mac, 2, 31, GW_BLUE)),
    }),
    "t1",
    packet(ethernet(H4.mac, GW_RED), vlan(10), ipv4("10.1.0.14", "10.2.0.31"), udp(1, 2), payload(30)),
    sent([
      "t1",
      packet(ethernet(GW_BLUE, X1.mac), vlan(20), ipv4("10.1.0.14", "10.2.0.31", { ttl: 63 }), udp(1, 2), payload(30)),
    ]),
  ),
  one(
    "isolation-of-ports-is-for-bridging",
    "P bridging: port isolation",
    irbLab({ ports: { h1: { isolated: true }, h2: { isolated: true } } }),
    "h1",
    leaving(A1, A2),
    sent(["h2", brought(A1, A2)]),
  ),
  one(
    "known-address-unknown-mac-is-flooded",
    "P bridging",
    irbLab({ neighbors: knows("blue", SILENT) }),
    "h1",
    leaving(A1, SILENT),
    sent(["h3", brought(A1, SILENT)], ["up0", encapsulated(brought(A1, SILENT), { vni: 200 })]),
  ),
  one("to-the-mac-of-another-domains-gateway-is-no-route", "O17", lab, "h1", talk(A1, B1, [A1.mac, GW_BLUE]), {
    ...sent(
      ["h2", talk(A1, B1, [A1.mac, GW_BLUE])],
      ["up0", encapsulated(talk(A1, B1, [A1.mac, GW_BLUE]))],
      ["up0", encapsulated(talk(A1, B1, [A1.mac, GW_BLUE]), { peer: V3 })],
    ),
  }),
  one("to-a-host-of-the-domain-is-bridged", "P IRB", lab, "h1", talk(A1, A2, [A1.mac, A2.mac]), {
    ...sent(["h2", talk(A1, A2, [A1.mac, A2.mac])]),
  }),
];

const symmetric: Case[] = [
  one("symmetric-ingress", "O1 S47", lab, "h1", leaving(A1, X1), sent(byL3(handedOver(A1, X1)))),
  one("symmetric-ingress-ipv6", "S47", lab, "h1", leaving6(A1, X1), sent(byL3(handedOver6(A1, X1)))),
  one("symmetric-egress", "O1 S47", lab, "up0", fromL3(takenOver(X1, A1)), sent(["h1", brought(X1, A1, { ttl: 62 })])),
  one(
    "symmetric-egress-ipv6",
    "S47",
    lab,
    "up0",
    fromL3(takenOver6(X1, A1)),
    sent(["h1", brought6(X1, A1, { hopLimit: 62 })]),
  ),
  {
    id: "routing/symmetric-ping-both-ways",
    spec: "O1 O2: VNI 5000 both ways, TTL 62 at the end",
    given: lab,
    frames: [
      { from: "h1", frame: leaving(A1, X1, { upper: ping }), expect: sent(byL3(handedOver(A1, X1, { upper: ping }))) },
      {
        from: "up0",
        frame: fromL3(takenOver(X1, A1, { upper: pong })),
        expect: sent(["h1", brought(X1, A1, { upper: pong, ttl: 62 })]),
      },
    ],
    counters: { h1: [1, 98, 1, 98], v2: [1, 98, 1, 98], red: [0, 0, 0, 0] },
  },
  one(
    "hairpin-into-the-l3-vni",
    "C26",
    irbLab({ routes: { "10.7.0.0/24": [{ vtep: "v3", routerMac: RMAC3 }] } }),
    "up0",
    fromL3(takenOver(X1, { ip: "10.7.0.5" })),
    sent(byL3(talk(X1, { ip: "10.7.0.5" }, [RMAC, RMAC3], { ttl: 62 }), { peer: V3 })),
  ),
  one(
    "hairpin-to-the-vtep-it-came-from",
    "C26",
    irbLab({ routes: { "10.7.0.0/24": [{ vtep: "v2", routerMac: RMAC2 }] } }),
    "up0",
    fromL3(takenOver(X1, { ip: "10.7.0.5" })),
    sent(byL3(handedOver(X1, { ip: "10.7.0.5" }, { ttl: 62 }))),
  ),
  one(
    "from-the-l3-vni-to-a-host-behind-a-vtep",
    "O15",
    lab,
    "up0",
    fromL3(takenOver(X1, RA), { peer: V3 }),
    sent(["up0", encapsulated(brought(X1, RA, { ttl: 62 }))]),
  ),
  one(
    "host-that-is-remote-by-its-l2-vni",
    "S49",
    lab,
    "h1",
    leaving(A1, RB),
    sent(["up0", encapsulated(brought(A1, RB), { vni: 200 })]),
  ),
  one("over-an-ipv6-underlay", "P IPv6", irbLab6(), "h1", leaving(A1, X1), {
    ...sent(byL3(handedOver(A1, X1), { peer: V2_6 })),
  }),
  one(
    "from-an-ipv6-underlay",
    "P IPv6",
    irbLab6(),
    "up0",
    fromL3(takenOver6(X1, B1), { peer: V2_6 }),
    sent(["h3", brought6(X1, B1, { hopLimit: 62 })]),
  ),
  one(
    "unresolved-underlay-next-hop",
    "P underlay",
    irbLab({ vteps: { v2: { via: "resolving" } } }),
    "h1",
    leaving(A1, X1),
    sent(["kernel", encapsulated(handedOver(A1, X1), { vni: L3_VNI }).slice(14)]),
  ),
  one(
    "source-of-an-l3-frame-teaches-nothing",
    "O9",
    irbLab({ domains: { red: { learnRemote: true } } }),
    "up0",
    fromL3(talk(X1, A1, ["02:00:00:00:77:77", RMAC], { ttl: 63 })),
    sent(["h1", brought(X1, A1, { ttl: 62 })]),
  ),
  one(
    "vtep-that-sends-from-another-router-mac",
    "S58",
    lab,
    "up0",
    fromL3(talk(X1, A1, [RMAC3, RMAC], { ttl: 63 })),
    sent(["h1", brought(X1, A1, { ttl: 62 })]),
  ),
];

const asymmetricCases: Case[] = [
  {
    id: "routing/asymmetric-ping-both-ways",
    spec: "O3 S49: VNI 200 there, VNI 100 back, TTL 63 at each end",
    given: asymmetric,
    frames: [
      {
        from: "h1",
        frame: leaving(A1, RB, { upper: ping }),
        expect: sent(["up0", encapsulated(brought(A1, RB, { upper: ping }), { vni: 200 })]),
      },
      {
        from: "up0",
        frame: arriving(brought(RB, A1, { upper: pong })),
        expect: sent(["h1", brought(RB, A1, { upper: pong })]),
      },
    ],
    counters: { v2: [1, 98, 1, 98], red: [1, 98, 0, 0], blue: [0, 0, 1, 98] },
  },
  one("asymmetric-ipv6", "S49", asymmetric, "h1", leaving6(A1, RB), {
    ...sent(["up0", encapsulated(brought6(A1, RB), { vni: 200 })]),
  }),
  one("asymmetric-to-a-local-host", "S49", asymmetric, "h1", leaving(A1, B1), sent(["h3", brought(A1, B1)])),
  one("asymmetric-over-ipv6", "P IPv6", irbLab6({ vrfs: { tenant: ASYMMETRIC } }), "h1", leaving(A1, RB), {
    ...sent(["up0", encapsulated6(brought(A1, RB), { vni: 200 })]),
  }),
  one(
    "gateway-mac-from-the-tunnel-is-not-learned",
    "O8 S52",
    irbLab({ vrfs: { tenant: ASYMMETRIC }, domains: { red: { learnRemote: true } } }),
    "up0",
    arriving(brought(RB, A1)),
    sent(["h1", brought(RB, A1)]),
  ),
  one(
    "asymmetric-host-routed-where-it-came-in-by-a-tunnel",
    "P IRB: centralised",
    asymmetric,
    "up0",
    arriving(leaving(RA, B1)),
    sent(["h3", brought(RA, B1)]),
  ),
  one(
    "tunnel-to-gateway-to-tunnel",
    "P IRB: centralised",
    asymmetric,
    "up0",
    arriving6(leaving(RA, RB), { peer: "10.255.0.2" }),
    sent(["up0", encapsulated(brought(RA, RB), { vni: 200 })]),
  ),
];

const GREEN_GW = "02:0a:00:00:00:03";
const twoModes: Given = irbLab({
  domains: {
    green: { vni: 300, vrf: "guests", gateway: { mac: GREEN_GW, addresses: ["10.1.0.1/24", "2001:db8:1::1/64"] } },
    pink: { vni: 400, vrf: "guests", gateway: { mac: GREEN_GW, addresses: ["10.2.0.1/24", "2001:db8:2::1/64"] } },
  },
  ports: { h4: { domain: "green" }, h5: { domain: "pink" } },
  vteps: { v2: { floods: ["red", "blue", "green", "pink"] } },
  vrfs: { guests: ASYMMETRIC },
  fdb: [
    { domain: "green", mac: A1.mac, at: "h4" },
    { domain: "pink", mac: B1.mac, at: "h5" },
    { domain: "pink", mac: RB.mac, at: "v3" },
  ],
  neighbors: [
    ...knows("green", { ...A1, gateway: GREEN_GW }),
    ...knows("pink", B1),
    { domain: "pink", ip: RB.ip, mac: RB.mac },
  ],
});
const G1 = { ...A1, gateway: GREEN_GW };
const P1 = { ...B1, gateway: GREEN_GW };
const PB = { ...RB, gateway: GREEN_GW };

const vrfs: Case[] = [
  {
    id: "routing/same-addresses-in-two-vrfs",
    spec: "C23 O17: two tenants with the same subnets, one symmetric, one asymmetric",
    given: twoModes,
    frames: [
      { from: "h1", frame: leaving(A1, B1), expect: sent(["h3", brought(A1, B1)]) },
      { from: "h4", frame: leaving(G1, P1), expect: sent(["h5", brought(G1, P1)]) },
      { from: "h1", frame: leaving(A1, X1), expect: sent(byL3(handedOver(A1, X1))) },
      {
        from: "h4",
        frame: leaving(G1, PB),
        expect: sent(["up0", encapsulated(brought(G1, PB), { vni: 400, peer: V3 })]),
      },
      { from: "up0", frame: fromL3(takenOver(X1, B1)), expect: sent(["h3", brought(X1, B1, { ttl: 62 })]) },
      { from: "h4", frame: leaving6(G1, P1), expect: sent(["h5", brought6(G1, P1)]) },
    ],
  },
  {
    id: "routing/same-prefix-by-two-l3-vnis",
    spec: "C23 S58: two router MACs of one VTEP, keyed by VRF",
    given: irbLab({
      domains: { green: { vni: 300, vrf: "guests", gateway: { mac: GREEN_GW, addresses: ["10.1.0.1/24"] } } },
      ports: { h4: { domain: "green" } },
      fdb: [{ domain: "green", mac: A1.mac, at: "h4" }],
      vrfs: {
        guests: {
          irb: "symmetric",
          l3Vni: 6000,
          routerMac: RMAC,
          routes: { "10.9.0.0/24": [{ vtep: "v2", routerMac: RMAC3 }] },
        },
      },
    }),
    frames: [
      { from: "h1", frame: leaving(A1, X1), expect: sent(byL3(handedOver(A1, X1))) },
      {
        from: "h4",
        frame: leaving(G1, X1),
        expect: sent(byL3(talk(G1, X1, [RMAC, RMAC3], { ttl: 63 }), { vni: 6000, id: 1 })),
      },
      { from: "up0", frame: fromL3(takenOver(X1, A1), { vni: 6000 }), expect: held },
    ],
  },
  one(
    "l3-only-vrf-out",
    "C23, P IRB: L3-only",
    irbLab({
      domains: { edge: { vni: 0, vrf: "tenant", gateway: { mac: GREEN_GW, addresses: ["10.4.0.1/24"] } } },
      ports: { h4: { domain: "edge" } },
      fdb: [{ domain: "edge", mac: H4.mac, at: "h4" }],
    }),
    "h4",
    leaving(at(H4.mac, 4, 14, GREEN_GW), X1),
    sent(byL3(handedOver(at(H4.mac, 4, 14, GREEN_GW), X1))),
  ),
  one(
    "l3-only-vrf-in",
    "C23, P IRB: L3-only",
    irbLab({
      domains: { edge: { vni: 0, vrf: "tenant", gateway: { mac: GREEN_GW, addresses: ["10.4.0.1/24"] } } },
      ports: { h4: { domain: "edge" } },
      fdb: [{ domain: "edge", mac: H4.mac, at: "h4" }],
      neighbors: knows("edge", at(H4.mac, 4, 14, GREEN_GW)),
    }),
    "up0",
    fromL3(takenOver(X1, at(H4.mac, 4, 14, GREEN_GW))),
    sent(["h4", brought(X1, at(H4.mac, 4, 14, GREEN_GW), { ttl: 62 })]),
  ),
  one(
    "gateway-mac-in-a-domain-without-gateway-is-any-mac",
    "O17",
    irbLab({ domains: { plain: { vni: 700 } }, ports: { h4: { domain: "plain" }, h5: { domain: "plain" } } }),
    "h4",
    talk(A1, B1, [H4.mac, GW_RED]),
    { ...sent(["h5", talk(A1, B1, [H4.mac, GW_RED])]), learned: [place("plain", H4.mac, "h4")] },
  ),
];

export const routing: readonly Case[] = [...local, ...symmetric, ...asymmetricCases, ...vrfs];
