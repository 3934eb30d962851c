// What ARP and ND teach, and whom they may not speak for.

import { binding, binds, type Case, consumed, dropped, held, place, sent } from "../case.js";
import { advertisement, type NdFields, solicitation, solicitedNode } from "../icmp.js";
import {
  A1,
  A2,
  asking,
  B1,
  BLUE,
  brought,
  brought6,
  casesOf,
  everybody,
  GW_BLUE,
  GW_RED,
  irbLab,
  knows,
  leaving,
  leaving6,
  RA,
  RED,
  SILENT,
} from "../irb_lab.js";
import { arriving, encapsulated, H4, V3 } from "../lab.js";
import { type ArpFields, arp, concat, ethernet, hex, ipv6, packet } from "../packet.js";

const one = casesOf("bindings");
const lab = irbLab();
const empty = irbLab({ onlyNeighbors: [] });
const B2 = { ...SILENT, mac: B1.mac };

const toGateway = (from: { mac: string; ip: string }, fields: ArpFields = {}): Uint8Array =>
  packet(ethernet(from.mac, GW_RED), arp(from.mac, from.ip, RED.ip, GW_RED, fields));
const blueAsks = (from: { mac: string; ip: string }): Uint8Array =>
  packet(everybody(from), arp(from.mac, from.ip, BLUE.ip));
const blueTells = (to: { mac: string; ip: string }) =>
  ["h3", packet(ethernet(GW_BLUE, to.mac), arp(GW_BLUE, BLUE.ip, to.ip, to.mac))] as const;

const learnedByArp: Case[] = [
  {
    id: "bindings/silent-host-answers-and-is-routed-to",
    spec: "O15 S55: the first packet waits, the host's answer teaches, the next is delivered",
    given: lab,
    frames: [
      { from: "h1", frame: leaving(A1, B2), expect: held },
      {
        from: "h3",
        frame: packet(ethernet(B2.mac, GW_BLUE), arp(B2.mac, B2.ip, BLUE.ip, GW_BLUE)),
        expect: binds(consumed(), binding("blue", B2.ip, B2.mac)),
      },
      { from: "h1", frame: leaving(A1, B2), expect: sent(["h3", brought(A1, B2)]) },
    ],
  },
  {
    id: "bindings/silent-host-answers-by-nd",
    spec: "O15 S55",
    given: lab,
    frames: [
      { from: "h1", frame: leaving6(A1, B2), expect: held },
      {
        from: "h3",
        frame: packet(
          ethernet(B2.mac, GW_BLUE),
          ipv6(B2.ip6, BLUE.ip6, { hopLimit: 255 }),
          advertisement(B2.ip6, "SO", { mac: B2.mac }),
        ),
        expect: binds(consumed(), binding("blue", B2.ip6, B2.mac)),
      },
      { from: "h1", frame: leaving6(A1, B2), expect: sent(["h3", brought6(A1, B2)]) },
    ],
  },
  one("asking-for-the-gateway-teaches", "S69", empty, "h3", blueAsks(B1), {
    ...binds(consumed(blueTells(B1)), binding("blue", B1.ip, B1.mac)),
  }),
  one("known-binding-is-only-confirmed", "S69", lab, "h3", blueAsks(B1), consumed(blueTells(B1))),
  one("announcement-teaches", "S69 S66", empty, "h3", packet(everybody(B1), arp(B1.mac, B1.ip, B1.ip)), {
    ...binds(
      sent(["up0", encapsulated(packet(everybody(B1), arp(B1.mac, B1.ip, B1.ip)), { vni: 200 })]),
      binding("blue", B1.ip, B1.mac),
    ),
  }),
  one("probe-teaches-nothing", "S61", empty, "h1", packet(everybody(A1), arp(A1.mac, "0.0.0.0", A1.ip)), {
    ...sent(
      ["h2", packet(everybody(A1), arp(A1.mac, "0.0.0.0", A1.ip))],
      ["up0", encapsulated(packet(everybody(A1), arp(A1.mac, "0.0.0.0", A1.ip)))],
      ["up0", encapsulated(packet(everybody(A1), arp(A1.mac, "0.0.0.0", A1.ip)), { peer: V3 })],
    ),
  }),
  {
    id: "bindings/address-moves-to-another-mac",
    spec: "O4 S54 S69",
    given: irbLab({ fdb: [{ domain: "blue", mac: H4.mac, at: "h3" }] }),
    frames: [
      {
        from: "h3",
        frame: blueAsks({ mac: H4.mac, ip: B1.ip }),
        expect: binds(consumed(blueTells({ mac: H4.mac, ip: B1.ip })), binding("blue", B1.ip, H4.mac)),
      },
      { from: "h1", frame: leaving(A1, B1), expect: sent(["h3", brought(A1, { ...B1, mac: H4.mac })]) },
    ],
  },
  {
    id: "bindings/remote-host-that-came-here",
    spec: "O4 S54: it is no longer what the control plane said",
    given: irbLab({ ports: { h1: { enabled: true } } }),
    frames: [
      {
        from: "h1",
        frame: packet(ethernet(RA.mac, GW_RED), arp(RA.mac, RA.ip, RED.ip)),
        expect: {
          ...binds(
            consumed(["h1", packet(ethernet(GW_RED, RA.mac), arp(GW_RED, RED.ip, RA.ip, RA.mac))]),
            binding("red", RA.ip, RA.mac),
          ),
          learned: [place("red", RA.mac, "h1")],
        },
      },
      { from: "h3", frame: leaving(B1, RA), expect: sent(["h1", brought(B1, RA)]) },
    ],
  },
  {
    id: "bindings/outside-the-subnet-is-not-routed-to",
    spec: "P security: no host draws what is not its subnet's",
    given: empty,
    frames: [
      {
        from: "h1",
        frame: toGateway({ mac: A1.mac, ip: "10.2.0.13" }),
        expect: binds(consumed(), binding("red", "10.2.0.13", A1.mac)),
      },
      { from: "h2", frame: leaving(A2, B1), expect: held },
    ],
  },
  {
    id: "bindings/static-is-not-overwritten",
    spec: "N14, P security",
    given: irbLab({
      onlyNeighbors: [...knows("red", A1), ...knows("blue", B1, ["static"])],
      fdb: [{ domain: "blue", mac: H4.mac, at: "h3" }],
    }),
    frames: [
      {
        from: "h3",
        frame: blueAsks({ mac: H4.mac, ip: B1.ip }),
        expect: consumed(blueTells({ mac: H4.mac, ip: B1.ip })),
      },
      { from: "h1", frame: leaving(A1, B1), expect: sent(["h3", brought(A1, B1)]) },
    ],
  },
  {
    id: "bindings/gateway-stays-where-it-is",
    spec: "S64: whatever a host says of the gateway's addresses, they remain the gateway's",
    given: irbLab({
      domains: { red: { gateway: { mac: GW_RED, addresses: ["10.1.0.1/24", "10.1.0.2/24", "2001:db8:1::1/64"] } } },
    }),
    frames: [
      {
        from: "h1",
        frame: packet(everybody(A1), arp(A1.mac, "10.1.0.1", "10.1.0.2")),
        expect: consumed(["h1", packet(ethernet(GW_RED, A1.mac), arp(GW_RED, "10.1.0.2", "10.1.0.1", A1.mac))]),
      },
      { from: "h1", frame: toGateway({ mac: A1.mac, ip: "10.1.0.1" }), expect: dropped("arp_invalid") },
      {
        from: "h1",
        frame: packet(...asking(A1, RED.ip6, A2.ip6), solicitation(A2.ip6, { mac: A1.mac })),
        expect: dropped("nd_invalid"),
      },
    ],
  },
  one("from-the-tunnel-teaches-nothing", "O9", empty, "up0", arriving(toGateway(RA)), consumed()),
  one(
    "from-the-tunnel-teaches-where-tunnels-teach",
    "O9: flood and learn, no control plane",
    irbLab({ domains: { red: { learnRemote: true } }, onlyNeighbors: [] }),
    "up0",
    arriving(toGateway(RA)),
    binds(consumed(), binding("red", RA.ip, RA.mac)),
  ),
  one(
    "without-gateway-or-suppression-nothing-is-learned",
    "S69",
    irbLab({ domains: { plain: { vni: 7 } }, ports: { h4: { domain: "plain" }, h5: { domain: "plain" } } }),
    "h4",
    packet(everybody(H4), arp(H4.mac, "10.0.0.1", "10.0.0.2")),
    {
      ...sent(["h5", packet(everybody(H4), arp(H4.mac, "10.0.0.1", "10.0.0.2"))]),
      learned: [place("plain", H4.mac, "h4")],
    },
  ),
  one(
    "speaking-for-another-mac-teaches-nothing",
    "P security",
    empty,
    "h1",
    packet(ethernet(A1.mac, GW_RED), arp(A2.mac, A2.ip, RED.ip, GW_RED)),
    {
      ...consumed(),
    },
  ),
  one("no-room-to-wait", "S55", irbLab({ holdRoom: 0 }), "h1", leaving(A1, SILENT), dropped("glean_queue_full")),
];

const nsFrom = (source: string, target: string, fields: NdFields = {}, hopLimit = 255): Uint8Array => {
  const group = solicitedNode(target);
  return packet(ethernet(A1.mac, group.mac), ipv6(source, group.ip, { hopLimit }), solicitation(target, fields));
};
const naTo = (destination: string, target: string, flags: string, fields: NdFields = {}, hopLimit = 255): Uint8Array =>
  packet(
    ethernet(A1.mac, destination.startsWith("ff") ? "33:33:00:00:00:01" : GW_RED),
    ipv6(A1.ip6, destination, { hopLimit }),
    advertisement(target, flags, fields),
  );
const option = (text: string) => ({ options: hex(text) });
const soundNs = nsFrom(A1.ip6, A2.ip6, { mac: A1.mac });

const taken = (id: string, spec: string, frame: Uint8Array, ...bindings: string[]) =>
  one(`nd-${id}`, spec, empty, "h1", frame, binds(consumed(), ...bindings));
const flooded = (frame: Uint8Array) =>
  sent(["h2", frame], ["up0", encapsulated(frame)], ["up0", encapsulated(frame, { peer: V3 })]);

const learnedByNd: Case[] = [
  taken("advertisement-teaches", "S70", naTo(RED.ip6, A1.ip6, "SO", { mac: A1.mac }), binding("red", A1.ip6, A1.mac)),
  taken("advertisement-without-option-teaches", "S70", naTo(RED.ip6, A1.ip6, "SO"), binding("red", A1.ip6, A1.mac)),
  taken(
    "router-teaches-that-it-is-one",
    "S65",
    naTo(RED.ip6, A1.ip6, "RSO", { mac: A1.mac }),
    binding("red", A1.ip6, A1.mac, "router"),
  ),
  taken(
    "anycast-teaches-that-it-is-one",
    "S65",
    naTo(RED.ip6, A1.ip6, "S", { mac: A1.mac }),
    binding("red", A1.ip6, A1.mac, "anycast"),
  ),
  taken("advertisement-for-another-mac-teaches-nothing", "P security", naTo(RED.ip6, A2.ip6, "SO", { mac: A2.mac })),
  taken(
    "unknown-options-are-passed-over",
    "S70",
    naTo(RED.ip6, A1.ip6, "SO", { mac: A1.mac, ...option("0e01 010203040506") }),
    binding("red", A1.ip6, A1.mac),
  ),
  one("nd-solicitation-teaches", "S70", empty, "h1", soundNs, binds(flooded(soundNs), binding("red", A1.ip6, A1.mac))),
  one("nd-solicitation-without-option-teaches-nothing", "S70", empty, "h1", nsFrom(A1.ip6, A2.ip6), {
    ...flooded(nsFrom(A1.ip6, A2.ip6)),
  }),
  one("nd-probe-teaches-nothing", "S61", empty, "h1", nsFrom("::", A1.ip6), flooded(nsFrom("::", A1.ip6))),
  one(
    "nd-solicitation-leaves-a-router-a-router",
    "S65, RFC 4861 §7.2.3",
    irbLab({ onlyNeighbors: [{ domain: "red", ip: A1.ip6, mac: A1.mac, flags: ["router"] }] }),
    "h1",
    soundNs,
    flooded(soundNs),
  ),
  one(
    "nd-router-that-is-none-any-more",
    "S65, RFC 4861 §7.2.5",
    irbLab({ onlyNeighbors: [{ domain: "red", ip: A1.ip6, mac: A1.mac, flags: ["router"] }] }),
    "h1",
    naTo(RED.ip6, A1.ip6, "SO", { mac: A1.mac }),
    binds(consumed(), binding("red", A1.ip6, A1.mac)),
  ),
  one(
    "nd-without-override-moves-nothing",
    "S65, RFC 4861 §7.2.5",
    irbLab({ onlyNeighbors: [{ domain: "red", ip: A2.ip6, mac: A2.mac }] }),
    "h1",
    packet(
      ethernet(A1.mac, GW_RED),
      ipv6(A2.ip6, RED.ip6, { hopLimit: 255 }),
      advertisement(A2.ip6, "S", { mac: A1.mac }),
    ),
    consumed(),
  ),
  one(
    "nd-with-override-moves",
    "S65, RFC 4861 §7.2.5",
    irbLab({ onlyNeighbors: [{ domain: "red", ip: A2.ip6, mac: A2.mac }] }),
    "h1",
    packet(
      ethernet(A1.mac, GW_RED),
      ipv6(A2.ip6, RED.ip6, { hopLimit: 255 }),
      advertisement(A2.ip6, "SO", { mac: A1.mac }),
    ),
    binds(consumed(), binding("red", A2.ip6, A1.mac)),
  ),
  {
    id: "bindings/link-local-is-never-routed-to",
    spec: "RFC 4291 §2.5.6: it means something else in each domain",
    given: irbLab({
      domains: {
        red: { gateway: { mac: GW_RED, addresses: ["10.1.0.1/24", "fe80::1/64"] } },
        blue: { gateway: { mac: GW_BLUE, addresses: ["10.2.0.1/24", "fe80::1/64"] } },
      },
      onlyNeighbors: [],
    }),
    frames: [
      {
        from: "h1",
        frame: packet(
          ethernet(A1.mac, GW_RED),
          ipv6("fe80::11", "fe80::1", { hopLimit: 255 }),
          advertisement("fe80::11", "SO", { mac: A1.mac }),
        ),
        expect: binds(consumed(), binding("red", "fe80::11", A1.mac)),
      },
      {
        from: "h3",
        frame: concat(leaving6(B1, { ip6: "fe80::11" })),
        expect: dropped("ip_invalid"),
      },
    ],
  },
];

export const bindings: readonly Case[] = [...learnedByArp, ...learnedByNd];
