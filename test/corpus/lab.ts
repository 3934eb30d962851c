// The lab in which most cases play, so that each only says what is special about it:
//
//   h1 ─┐ red, VNI 100                          ┌─ v2  R1 and R2 in red, R3 in blue
//   h2 ─┤             [ VTEP ] ── up0 ── router ┤
//   h3 ─┘ blue, VNI 200                         └─ v3  R4 in red
//
// All hosts drawn here stand in the FDB already, so a plain frame teaches nothing.

import type {
  DomainGiven,
  FdbGiven,
  Given,
  NeighborGiven,
  PortGiven,
  RemoteGiven,
  SegmentGiven,
  UplinkGiven,
  VrfGiven,
  VtepGiven,
} from "./case.js";
import { entropyPort } from "./entropy.js";
import { ethernet, ipv4, ipv6, packet, payload, udp, vxlan } from "./packet.js";

export interface Host {
  readonly mac: string;
  readonly ip: string;
  readonly ip6: string;
}

const host = (site: number, number: number): Host => ({
  mac: `02:00:00:00:0${site}:0${number}`,
  ip: `192.168.100.${10 * site + number}`,
  ip6: `2001:db8:100::${10 * site + number}`,
});

export const [H1, H2, H3, H4] = [host(1, 1), host(1, 2), host(1, 3), host(1, 4)] as const;
export const [R1, R2, R3, R4] = [host(2, 1), host(2, 2), host(2, 3), host(3, 4)] as const;
/** In no FDB. */
export const STRANGER = host(9, 9);
export const BROADCAST = "ff:ff:ff:ff:ff:ff";

export const LOCAL = "10.255.0.1";
export const V2 = "10.255.0.2";
export const V3 = "10.255.0.3";
export const LOCAL6 = "2001:db8:ff::1";
export const V2_6 = "2001:db8:ff::2";
export const V3_6 = "2001:db8:ff::3";

/** The MACs of an uplink and of the router behind it. */
export const uplinkMac = (name: string): string => `02:aa:00:00:00:0${name.slice(-1)}`;
export const routerMac = (name: string): string => `02:bb:00:00:00:0${name.slice(-1)}`;

const VTEP: VtepGiven = {
  address: LOCAL,
  udpPort: 4789,
  sourcePorts: [49152, 65535],
  ttl: 64,
  tos: "inherit",
  df: "unset",
  udpChecksum: false,
  profile: "rfc7348",
  knownVtepsOnly: true,
};

const FDB: readonly FdbGiven[] = [
  { domain: "red", mac: H1.mac, at: "h1" },
  { domain: "red", mac: H2.mac, at: "h2" },
  { domain: "blue", mac: H3.mac, at: "h3" },
  { domain: "red", mac: R1.mac, at: "v2" },
  { domain: "red", mac: R2.mac, at: "v2" },
  { domain: "blue", mac: R3.mac, at: "v2" },
  { domain: "red", mac: R4.mac, at: "v3" },
];

/** What a case changes. Entries are merged by key; `fdb` is added to the lab's unless `onlyFdb` replaces it. */
export interface Changes {
  vtep?: Partial<VtepGiven>;
  uplinks?: Record<string, UplinkGiven>;
  domains?: Record<string, Partial<DomainGiven>>;
  ports?: Record<string, Partial<PortGiven>>;
  vteps?: Record<string, Partial<RemoteGiven>>;
  fdb?: readonly FdbGiven[];
  onlyFdb?: readonly FdbGiven[];
  fdbCapacity?: number;
  vrfs?: Record<string, VrfGiven>;
  neighbors?: readonly NeighborGiven[];
  holdRoom?: number;
  segments?: Record<string, SegmentGiven>;
}

export function merged<T>(base: Record<string, T>, changes: Record<string, Partial<T>> = {}): Record<string, T> {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(changes)])];
  return Object.fromEntries(keys.map((key) => [key, { ...base[key], ...changes[key] } as T]));
}

export function lab(changes: Changes = {}): Given {
  const { fdbCapacity, vrfs, neighbors, holdRoom, segments } = changes;
  const domains = { red: { vni: 100 }, blue: { vni: 200 } };
  const ports = { h1: { domain: "red" }, h2: { domain: "red" }, h3: { domain: "blue" } };
  const vteps: Record<string, RemoteGiven> = {
    v2: { address: V2, floods: ["red", "blue"], via: ["up0"] },
    v3: { address: V3, floods: ["red"], via: ["up0"] },
  };
  return {
    vtep: { ...VTEP, ...changes.vtep },
    uplinks: merged({ up0: { mtu: 9000 } as UplinkGiven }, changes.uplinks),
    domains: merged<DomainGiven>(domains, changes.domains),
    ports: merged<PortGiven>(ports, changes.ports),
    vteps: merged(vteps, changes.vteps),
    fdb: changes.onlyFdb ?? [...FDB, ...(changes.fdb ?? [])],
    ...(fdbCapacity === undefined ? {} : { fdbCapacity }),
    ...(vrfs === undefined ? {} : { vrfs }),
    ...(neighbors === undefined ? {} : { neighbors }),
    ...(holdRoom === undefined ? {} : { holdRoom }),
    ...(segments === undefined ? {} : { segments }),
  };
}

/** The same lab over an IPv6 underlay. */
export function lab6(changes: Changes = {}): Given {
  const vteps = merged<Partial<RemoteGiven>>({ v2: { address: V2_6 }, v3: { address: V3_6 } }, changes.vteps);
  return lab({ ...changes, vtep: { address: LOCAL6, ...changes.vtep }, vteps });
}

/** A datagram from host to host. */
export function datagram(
  from: Host,
  to: Host,
  length = 18,
  ports: readonly [number, number] = [1000, 2000],
): Uint8Array {
  return packet(ethernet(from.mac, to.mac), ipv4(from.ip, to.ip), udp(...ports), payload(length));
}

export function datagram6(from: Host, to: Host, length = 18): Uint8Array {
  return packet(ethernet(from.mac, to.mac), ipv6(from.ip6, to.ip6), udp(1000, 2000), payload(length));
}

export interface OuterFields {
  vni?: number;
  uplink?: string;
  /** The remote VTEP's address. */
  peer?: string;
  ttl?: number;
  tos?: number;
  id?: number;
  df?: boolean;
  sourcePort?: number;
  udpPort?: number;
  /** Default: none over IPv4, computed over IPv6. */
  checksum?: "none" | "valid";
  toggle?: readonly number[];
}

function outer(inner: Uint8Array, fields: OuterFields, inbound: boolean): Uint8Array {
  const uplink = fields.uplink ?? "up0";
  const peer = fields.peer ?? V2;
  const ip6 = peer.includes(":");
  const here = ip6 ? LOCAL6 : LOCAL;
  const [from, to] = inbound ? [peer, here] : [here, peer];
  const link = inbound
    ? ethernet(routerMac(uplink), uplinkMac(uplink))
    : ethernet(uplinkMac(uplink), routerMac(uplink));
  const { ttl = 64, tos = 0, id = 0, df = false } = fields;
  const ip = ip6 ? ipv6(from, to, { hopLimit: ttl, trafficClass: tos }) : ipv4(from, to, { ttl, tos, id, df });
  const none = (fields.checksum ?? (ip6 ? "valid" : "none")) === "none";
  const port = fields.sourcePort ?? (inbound ? 50000 : entropyPort(inner));
  const datagramHeader = udp(port, fields.udpPort ?? 4789, none ? { checksum: 0 } : {});
  return packet(link, ip, datagramHeader, vxlan(fields.vni ?? 100, { toggle: fields.toggle ?? [] }), inner);
}

/** What leaves the uplink for a frame: VNI 100 to v2 unless said otherwise. */
export const encapsulated = (inner: Uint8Array, fields: OuterFields = {}): Uint8Array => outer(inner, fields, false);

/** What a remote VTEP sends us. */
export const arriving = (inner: Uint8Array, fields: OuterFields = {}): Uint8Array => outer(inner, fields, true);

/** The same to and from v2 over IPv6. */
export const encapsulated6 = (inner: Uint8Array, fields: OuterFields = {}) =>
  encapsulated(inner, { peer: V2_6, ...fields });
export const arriving6 = (inner: Uint8Array, fields: OuterFields = {}) => arriving(inner, { peer: V2_6, ...fields });
