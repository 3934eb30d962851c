// Random routed tables over the lab of irb_lab.ts, and packets of which most can be routed: overlapping prefixes of both
// families, several next hops, neighbours whose MAC is here, behind a VTEP, held or nowhere.

import type { FdbGiven, Given, NeighborGiven, NextHopGiven, VrfGiven } from "../corpus/case.js";
import { echo, icmpv6 } from "../corpus/icmp.js";
import {
  A1,
  A2,
  at,
  B1,
  BLUE,
  GW_BLUE,
  GW_RED,
  irbLab,
  irbLab6,
  knows,
  L3_VNI,
  RA,
  RB,
  RED,
  RMAC,
  RMAC2,
  RMAC3,
  type RoutedHost,
  SILENT,
  X1,
} from "../corpus/irb_lab.js";
import { arriving, H4, V2, V2_6, V3, V3_6 } from "../corpus/lab.js";
import { arp, ethernet, ipv4, ipv6, type Layer, packet, payload, tcp, udp, vlan } from "../corpus/packet.js";
import type { Random } from "../corpus/random.js";
import type { RandomFrame } from "./random_cases.js";

const A4 = at(H4.mac, 1, 14, GW_RED);
const NOBODY = at("02:00:00:00:02:55", 2, 255, GW_BLUE);
const HOSTS = [A1, A2, A4, B1, RA, RB, X1, SILENT, NOBODY] as const;
const PREFIXES = [
  ...["0.0.0.0/0", "10.0.0.0/8", "10.9.0.0/16", "10.9.0.0/24", "10.9.0.16/28", "10.9.0.31/32", "10.1.0.8/29"],
  ...["::/0", "2001:db8::/32", "2001:db8:9::/48", "2001:db8:9::/64", "2001:db8:9::31/128", "2001:db8:1::/120"],
] as const;
const PLACES = ["h1", "h2", "h3", "t1.10", "t1.20", "v2", "v3", "held"] as const;
const LONGEST = 3000;

export interface RandomRouting {
  readonly given: Given;
  readonly ipv6: boolean;
}

function nextHops(random: Random): NextHopGiven[] {
  return Array.from({ length: 1 + random.below(5) }, () => ({
    vtep: random.pick(["v2", "v3"]),
    routerMac: random.pick([RMAC2, RMAC3]),
  }));
}

function routes(random: Random): NonNullable<VrfGiven["routes"]> {
  const chosen = PREFIXES.filter(() => random.chance(2));
  return Object.fromEntries(chosen.map((prefix) => [prefix, nextHops(random)]));
}

function neighbors(random: Random): NeighborGiven[] {
  const inSubnet = HOSTS.filter((host) => host !== X1 && !random.chance(4));
  return inSubnet.flatMap((host) => knows(host.gateway === GW_RED ? "red" : "blue", host));
}

function entry(random: Random): FdbGiven {
  return { domain: random.pick(["red", "blue"]), mac: random.pick(HOSTS).mac, at: random.pick(PLACES) };
}

export function randomRouting(random: Random): RandomRouting {
  const flip = () => random.chance(2);
  const rarely = () => random.chance(6);
  const via = () => random.pick([["up0"], ["up0"], ["up1"], ["up0", "up1"], "resolving", "unreachable"] as const);
  const ipv6 = random.chance(3);
  const port = (domain: string) => ({
    domain,
    mtu: random.pick([1500, 1500, 1400]),
    isolated: rarely(),
    learning: flip(),
  });
  const domain = () => ({
    learnRemote: rarely(),
    arpSuppression: flip(),
    knownArp: flip() ? ("reply" as const) : ("unicast-forward" as const),
    unknownUnicast: rarely() ? ("drop" as const) : ("flood" as const),
  });
  const symmetric = { irb: "symmetric", l3Vni: L3_VNI, routerMac: RMAC } as const;
  const changes = {
    vtep: {
      ttl: random.pick([64, 255, "inherit"] as const),
      tos: random.pick([0, 0xb8, "inherit"] as const),
      df: random.pick(["set", "unset", "inherit"] as const),
      udpChecksum: rarely(),
      mssClamp: rarely(),
      profile: flip() ? ("rfc7348" as const) : ("linux" as const),
    },
    uplinks: { up0: { mtu: random.pick([1500, 1600, 9000]) }, up1: { mtu: 9000 } },
    domains: { red: domain(), blue: domain() },
    ports: { h1: port("red"), h2: port("red"), h3: port("blue"), "t1.10": port("red"), "t1.20": port("blue") },
    fdb: [
      { domain: "red", mac: H4.mac, at: "t1.10" },
      { domain: "blue", mac: SILENT.mac, at: random.pick(PLACES) },
      ...Array.from({ length: random.below(4) }, () => entry(random)),
    ],
    vrfs: { tenant: { ...(random.chance(4) ? { irb: "asymmetric" as const } : symmetric), routes: routes(random) } },
    onlyNeighbors: neighbors(random),
  };
  const vteps = { v2: { via: via(), pathMtu: random.pick([0, 0, 0, 1280, 1400, 9001]) }, v3: { via: via() } };
  if (!ipv6) return { ipv6, given: irbLab({ ...changes, vteps }) };
  const given = irbLab6(changes);
  return { ipv6, given: { ...given, vteps: withVia(given.vteps, vteps) } };
}

function withVia(
  given: Given["vteps"],
  changes: Readonly<Record<string, Pick<Given["vteps"][string], "via">>>,
): Given["vteps"] {
  return Object.fromEntries(Object.entries(given).map(([name, remote]) => [name, { ...remote, ...changes[name] }]));
}

function ipLayer(random: Random, from: RoutedHost, to: { ip: string; ip6: string }): Layer {
  const ttl = random.pick([64, 64, 255, 2, 1, random.below(256)]);
  const tos = random.below(256);
  if (random.chance(2)) return ipv6(from.ip6, to.ip6, { hopLimit: ttl, trafficClass: tos });
  const options = random.chance(12) ? { options: new Uint8Array(4).fill(1) } : {};
  return ipv4(from.ip, to.ip, { ttl, tos, df: random.chance(2), id: random.below(65536), ...options });
}

function body(random: Random, from: RoutedHost): (Layer | Uint8Array)[] {
  if (random.chance(15)) return [arp(from.mac, from.ip, RED.ip), payload(18)];
  const to = random.chance(4)
    ? random.pick([RED, BLUE, at(X1.mac, 9, random.below(256), RMAC2), at(X1.mac, random.below(256), 7, RMAC2)])
    : random.pick(HOSTS);
  const ports = [random.below(65536), random.below(65536)] as const;
  const syn = tcp(...ports, { flags: 2, options: [2, 4, random.below(256), random.below(256)] });
  const upper = random.pick([udp(...ports), tcp(...ports), syn, echo(), icmpv6()]);
  const length = random.pick([0, 18, 100, random.below(1500), 1452]);
  return [
    ipLayer(random, from, to),
    upper,
    payload(length),
    ...(random.chance(6) ? [random.bytes(random.below(8))] : []),
  ];
}

const GATEWAYS = [GW_RED, GW_BLUE, RMAC] as const;

function fromHost(random: Random): RandomFrame {
  const [from, host] = random.pick([
    ["h1", A1],
    ["h2", A2],
    ["h3", B1],
    ["t1", A4],
  ] as const);
  const to = random.chance(8) ? random.pick([...GATEWAYS, ...HOSTS.map(({ mac }) => mac)]) : host.gateway;
  const source = random.chance(20) ? random.pick(GATEWAYS) : host.mac;
  const tags = from === "t1" ? [vlan(10, { pcp: random.below(8) })] : [];
  return { from, frame: packet(ethernet(source, to), ...tags, ...body(random, host)) };
}

function fromTunnel(random: Random, { ipv6: over6 }: RandomRouting): RandomFrame {
  const uplink = random.pick(["up0", "up1"]);
  const host = random.pick([X1, RA, RB]);
  const [vni, mac] = random.pick([
    [L3_VNI, RMAC],
    [L3_VNI, RMAC],
    [100, GW_RED],
    [200, GW_BLUE],
  ] as const);
  const to = random.chance(8) ? random.pick([...GATEWAYS, A1.mac, B1.mac]) : mac;
  const inner = packet(ethernet(random.pick([host.mac, RMAC2, GW_RED]), to), ...body(random, host));
  const frame = arriving(inner, {
    uplink,
    vni,
    peer: random.pick(over6 ? [V2_6, V3_6] : [V2, V3]),
    tos: random.below(256),
    checksum: over6 || random.chance(4) ? "valid" : "none",
  });
  return { from: uplink, frame };
}

/** One byte in some frames is another one, and the checksum of the header it is in is not made good. */
function bend(random: Random, frame: Uint8Array): Uint8Array {
  const bent = frame.slice(0, LONGEST);
  if (random.chance(10)) bent[random.below(Math.min(bent.length, 110))] = random.below(256);
  return random.chance(20) ? bent.slice(0, random.below(bent.length + 1)) : bent;
}

export function randomRoutedFrame(random: Random, tables: RandomRouting): RandomFrame {
  const { from, frame } = random.chance(2) ? fromHost(random) : fromTunnel(random, tables);
  return { from, frame: bend(random, frame) };
}
