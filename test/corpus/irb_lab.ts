// The lab of lab.ts with a router in it:
//
//   A1 ─ h1 ─┐ red,  VNI 100, 10.1.0.1/24, 2001:db8:1::1/64          ┌─ v2  RA in red, RB in blue,
//   A2 ─ h2 ─┤                                 [ VTEP ] ── up0 ──────┤      X1 in 10.9.0.0/24, 2001:db8:9::/64
//   B1 ─ h3 ─┘ blue, VNI 200, 10.2.0.1/24, 2001:db8:2::1/64          └─ v3
//
// VRF tenant routes between them: symmetric, L3 VNI 5000. All hosts drawn here are known, by MAC and by address, but
// X1, of whom only the prefix is.

import type { Case, DomainGiven, Expected, Given, NeighborGiven, Output, VrfGiven } from "./case.js";
import { echo, echoReply, solicitedNode } from "./icmp.js";
import {
  arriving,
  BROADCAST,
  type Changes,
  encapsulated,
  H1,
  H2,
  H3,
  LOCAL6,
  lab,
  merged,
  type OuterFields,
  R1,
  R3,
  V2_6,
  V3_6,
} from "./lab.js";
import {
  ethernet,
  type Ipv4Options,
  type Ipv6Options,
  ipv4,
  ipv6,
  type Layer,
  packet,
  payload,
  udp,
} from "./packet.js";

export const GW_RED = "02:0a:00:00:00:01";
export const GW_BLUE = "02:0a:00:00:00:02";
/** Router MACs of this VTEP, of v2 and of v3. */
export const RMAC = "02:cc:00:00:00:01";
export const RMAC2 = "02:cc:00:00:00:02";
export const RMAC3 = "02:cc:00:00:00:03";
export const L3_VNI = 5000;

export interface RoutedHost {
  readonly mac: string;
  readonly ip: string;
  readonly ip6: string;
  /** MAC of the gateway of its domain. */
  readonly gateway: string;
}

/** Host `number` of the subnet `subnet`. */
export const at = (mac: string, subnet: number, number: number, gateway: string): RoutedHost => ({
  mac,
  ip: `10.${subnet}.0.${number}`,
  ip6: `2001:db8:${subnet}::${number}`,
  gateway,
});

export const A1 = at(H1.mac, 1, 11, GW_RED);
export const A2 = at(H2.mac, 1, 12, GW_RED);
export const B1 = at(H3.mac, 2, 13, GW_BLUE);
export const RA = at(R1.mac, 1, 21, GW_RED);
export const RB = at(R3.mac, 2, 23, GW_BLUE);
export const X1 = at("02:00:00:00:09:31", 9, 31, RMAC2);
/** In the subnet of blue, not heard of yet. */
export const SILENT = at("02:00:00:00:01:99", 2, 99, GW_BLUE);

export const RED = { ip: "10.1.0.1", ip6: "2001:db8:1::1", mac: GW_RED } as const;
export const BLUE = { ip: "10.2.0.1", ip6: "2001:db8:2::1", mac: GW_BLUE } as const;

const DOMAINS: Record<string, Partial<DomainGiven>> = {
  red: { vrf: "tenant", gateway: { mac: GW_RED, addresses: [`${RED.ip}/24`, `${RED.ip6}/64`] } },
  blue: { vrf: "tenant", gateway: { mac: GW_BLUE, addresses: [`${BLUE.ip}/24`, `${BLUE.ip6}/64`] } },
};

const VIA_V2 = [{ vtep: "v2", routerMac: RMAC2 }] as const;
export const SYMMETRIC: VrfGiven = {
  irb: "symmetric",
  l3Vni: L3_VNI,
  routerMac: RMAC,
  routes: { "10.9.0.0/24": VIA_V2, "2001:db8:9::/64": VIA_V2 },
};
export const ASYMMETRIC: VrfGiven = { irb: "asymmetric" };

export const knows = (domain: string, host: RoutedHost, flags: NeighborGiven["flags"] = []): NeighborGiven[] => [
  { domain, ip: host.ip, mac: host.mac, flags },
  { domain, ip: host.ip6, mac: host.mac, flags },
];
const NEIGHBORS = [
  ...knows("red", A1),
  ...knows("red", A2),
  ...knows("blue", B1),
  ...knows("red", RA, ["evpn"]),
  ...knows("blue", RB, ["evpn"]),
];

/** What a case changes beside `Changes`; `routes` are added to those of the VRF tenant. */
export interface IrbChanges extends Changes {
  routes?: VrfGiven["routes"];
  onlyNeighbors?: readonly NeighborGiven[];
}

export function irbLab({ routes, onlyNeighbors, ...changes }: IrbChanges = {}): Given {
  const tenant = changes.vrfs?.tenant ?? SYMMETRIC;
  return lab({
    ...changes,
    domains: merged(DOMAINS, changes.domains),
    vrfs: { ...changes.vrfs, tenant: { ...tenant, routes: { ...tenant.routes, ...routes } } },
    neighbors: onlyNeighbors ?? [...NEIGHBORS, ...(changes.neighbors ?? [])],
  });
}

/** The same over an IPv6 underlay. */
export function irbLab6(changes: IrbChanges = {}): Given {
  const vteps = { v2: { address: V2_6 }, v3: { address: V3_6 } };
  return irbLab({ ...changes, vtep: { address: LOCAL6, ...changes.vtep }, vteps });
}

export interface TalkFields extends Ipv4Options {
  length?: number;
  ports?: readonly [number, number];
  /** Instead of the datagram. */
  upper?: readonly (Layer | Uint8Array)[];
}

type Link = readonly [source: string, destination: string];

function upperOf({ upper, length = 18, ports = [1000, 2000] }: TalkFields): readonly (Layer | Uint8Array)[] {
  return upper ?? [udp(...ports), payload(length)];
}

/** A packet from host to host in a frame between two MACs. */
export function talk(from: { ip: string }, to: { ip: string }, link: Link, fields: TalkFields = {}): Uint8Array {
  return packet(ethernet(...link), ipv4(from.ip, to.ip, fields), ...upperOf(fields));
}

export type Talk6Fields = Ipv6Options & Pick<TalkFields, "length" | "ports" | "upper">;

export function talk6(from: { ip6: string }, to: { ip6: string }, link: Link, fields: Talk6Fields = {}): Uint8Array {
  return packet(ethernet(...link), ipv6(from.ip6, to.ip6, fields), ...upperOf(fields));
}

/** As a host sends it to its gateway. */
export const leaving = (from: RoutedHost, to: { ip: string }, fields: TalkFields = {}): Uint8Array =>
  talk(from, to, [from.mac, from.gateway], fields);
export const leaving6 = (from: RoutedHost, to: { ip6: string }, fields: Talk6Fields = {}): Uint8Array =>
  talk6(from, to, [from.mac, from.gateway], fields);

/** As the gateway of its domain brings it to a host, after one routing step unless said otherwise. */
export const brought = (from: { ip: string }, to: RoutedHost, fields: TalkFields = {}): Uint8Array =>
  talk(from, to, [to.gateway, to.mac], { ttl: 63, ...fields });
export const brought6 = (from: { ip6: string }, to: RoutedHost, fields: Talk6Fields = {}): Uint8Array =>
  talk6(from, to, [to.gateway, to.mac], { hopLimit: 63, ...fields });

/** From our router MAC to v2's. */
export const handedOver = (from: { ip: string }, to: { ip: string }, fields: TalkFields = {}): Uint8Array =>
  talk(from, to, [RMAC, RMAC2], { ttl: 63, ...fields });
export const handedOver6 = (from: { ip6: string }, to: { ip6: string }, fields: Talk6Fields = {}): Uint8Array =>
  talk6(from, to, [RMAC, RMAC2], { hopLimit: 63, ...fields });

/** From v2's router MAC to ours, routed once already. */
export const takenOver = (from: { ip: string }, to: { ip: string }, fields: TalkFields = {}): Uint8Array =>
  talk(from, to, [RMAC2, RMAC], { ttl: 63, ...fields });
export const takenOver6 = (from: { ip6: string }, to: { ip6: string }, fields: Talk6Fields = {}): Uint8Array =>
  talk6(from, to, [RMAC2, RMAC], { hopLimit: 63, ...fields });

/** In and out of the L3 VNI. */
export const byL3 = (inner: Uint8Array, fields: OuterFields = {}): Output => [
  "up0",
  encapsulated(inner, { vni: L3_VNI, ...fields }),
];
export const fromL3 = (inner: Uint8Array, fields: OuterFields = {}): Uint8Array =>
  arriving(inner, { vni: L3_VNI, ...fields });

/** What a gateway sends a host of its domain. */
export const fromGateway = (
  gateway: { mac: string; ip: string },
  to: { mac: string; ip: string },
  upper: readonly (Layer | Uint8Array)[],
  fields: Ipv4Options = {},
): Uint8Array => packet(ethernet(gateway.mac, to.mac), ipv4(gateway.ip, to.ip, { df: true, ...fields }), ...upper);
export const fromGateway6 = (
  gateway: { mac: string; ip6: string },
  to: { mac: string; ip6: string },
  upper: readonly (Layer | Uint8Array)[],
  fields: Ipv6Options = {},
): Uint8Array => packet(ethernet(gateway.mac, to.mac), ipv6(gateway.ip6, to.ip6, fields), ...upper);

export const ping = [echo(7, 1), payload(56)] as const;
export const pong = [echoReply(7, 1), payload(56)] as const;

/** A multicast solicitation's frame and IPv6 header. */
export function asking(from: { mac: string }, source: string, target: string): readonly [Layer, Layer] {
  const group = solicitedNode(target);
  return [ethernet(from.mac, group.mac), ipv6(source, group.ip, { hopLimit: 255 })];
}

export const everybody = (from: { mac: string }): Layer => ethernet(from.mac, BROADCAST);

/** Makes cases of one frame. */
export const casesOf =
  (group: string) =>
  (id: string, spec: string, given: Given, from: string, frame: Uint8Array, expect: Expected): Case => ({
    id: `${group}/${id}`,
    spec,
    given,
    frames: [{ from, frame, expect }],
  });
