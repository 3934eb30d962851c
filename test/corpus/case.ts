// What a corpus case is: tables as a person would describe them, frames, and what must come of each. Data only, so that
// the same case runs through the engine, the eBPF programs and the kernel's bridge and vxlan.

import type { dropReasonNames } from "../../src/abi/generated.js";

export type DropReason = (typeof dropReasonNames)[number];

/** The `vtep` part of the config file, in its own words. */
export interface VtepGiven {
  address: string;
  udpPort: number;
  sourcePorts: readonly [number, number];
  ttl: number | "inherit";
  tos: number | "inherit";
  df: "set" | "unset" | "inherit";
  udpChecksum: boolean;
  profile: "rfc7348" | "linux";
  knownVtepsOnly: boolean;
  mssClamp?: boolean;
}

/** Whose packets get the Ethertype that they ought to have: IPv4 alone, or IPv6 too. */
export type RepairGiven = "ipv4" | "both";

export interface UplinkGiven {
  mtu?: number;
  repair?: RepairGiven;
}

export interface DomainGiven {
  /** 0: none, its hosts are routed only. */
  vni: number;
  learnRemote?: boolean;
  unknownUnicast?: "flood" | "drop";
  mobility?: "allow" | "deny";
  /** VRF that routes for it. */
  vrf?: string;
  gateway?: GatewayGiven;
  arpSuppression?: boolean;
  unknownArp?: "flood" | "drop";
  knownArp?: "reply" | "unicast-forward";
  unknownNdOptions?: "unicast-forward" | "drop";
}

export interface GatewayGiven {
  mac: string;
  /** With the length of its subnet: `10.1.0.1/24`. */
  addresses: readonly string[];
  central?: boolean;
}

/** Its connected subnets and its own addresses are those of the gateways of its domains. */
export interface VrfGiven {
  irb: "symmetric" | "asymmetric";
  /** Symmetric only. */
  l3Vni?: number;
  routerMac?: string;
  /** By prefix; a /32 or /128 is a host route. */
  routes?: Readonly<Record<string, readonly NextHopGiven[]>>;
}

export type NextHopGiven = VtepHopGiven | GatewayHopGiven;

export interface VtepHopGiven {
  /** A VTEP's short name. */
  vtep: string;
  routerMac: string;
}

/** A router that is a host of a domain; without MAC it is not known yet. */
export interface GatewayHopGiven {
  domain: string;
  mac?: string;
}

/** An Ethernet segment: the VTEPs that lead there, or, where ports name it, whom else it is attached to. */
export interface SegmentGiven {
  vteps: readonly string[];
  designated?: boolean;
}

/** Who has an address of a domain. In a routed domain, packets for it go there where the subnet holds it. */
export interface NeighborGiven {
  domain: string;
  ip: string;
  mac: string;
  flags?: readonly NeighborWord[];
}

export type NeighborWord = "static" | "evpn" | "router" | "anycast";

/** Keyed by `interface` or `interface.vlan`. */
export interface PortGiven {
  domain: string;
  mtu?: number;
  /** Of its interface. */
  repair?: RepairGiven;
  enabled?: boolean;
  learning?: boolean;
  isolated?: boolean;
  /** Ethernet segment that is attached here. */
  segment?: string;
  /** It leads to the host's own stack. */
  host?: boolean;
  /** Only sources that stand in the FDB pass. */
  secured?: boolean;
  maxMacs?: number;
  sticky?: boolean;
  allow?: readonly string[];
  /** Frames per second. */
  storm?: { broadcast?: number; multicast?: number; unknownUnicast?: number };
}

/** Keyed by a short name. */
export interface RemoteGiven {
  address: string;
  /** Domains whose flood list names it. */
  floods: readonly string[];
  /** Uplinks with a resolved next hop; "resolving" = routed, neighbour not known yet; "unreachable" = no route. */
  via: readonly string[] | "resolving" | "unreachable";
  known?: boolean;
  /** What routers of the underlay have said. */
  pathMtu?: number;
}

export interface FdbGiven {
  domain: string;
  mac: string;
  /** A port key, a VTEP's or a segment's short name, or "held". */
  at: string;
  flags?: readonly FdbWord[];
  seen?: number;
}

export type FdbWord = "static" | "sticky" | "evpn";

export interface Given {
  vtep: VtepGiven;
  uplinks: Record<string, UplinkGiven>;
  domains: Record<string, DomainGiven>;
  ports: Record<string, PortGiven>;
  vteps: Record<string, RemoteGiven>;
  fdb: readonly FdbGiven[];
  fdbCapacity?: number;
  /** By short name. */
  segments?: Record<string, SegmentGiven>;
  vrfs?: Record<string, VrfGiven>;
  neighbors?: readonly NeighborGiven[];
  /** Packets that may wait for a neighbour; without limit unless said. */
  holdRoom?: number;
}

/** Interface (or "kernel" for an IP packet that the kernel shall route), and the exact bytes. */
export type Output = readonly [interfaceName: string, bytes: Uint8Array];

export interface Expected {
  /** Consumed: the gateway itself took it. Held: waits for the MAC of its destination. */
  readonly verdict: "sent" | "dropped" | "passed" | "consumed" | "held";
  /** With a drop or a consumed frame: what the gateway says about it. */
  readonly outputs: readonly Output[];
  readonly reason?: DropReason;
  /** Copies of a flood that could not leave, one reason each. */
  readonly lost?: readonly DropReason[];
  /** FDB places that are new or changed afterwards, as `place` writes them. None unless said. */
  readonly learned?: readonly string[];
  readonly limitHit?: boolean;
  /** Bindings that are new or changed afterwards, as `binding` writes them. None unless said. */
  readonly bindings?: readonly string[];
}

export interface Step {
  /** Tick of 100 ms; default 0. */
  readonly at?: number;
  readonly from: string;
  readonly frame: Uint8Array;
  readonly expect: Expected;
}

/** Packets and bytes in and out. */
export type TrafficRow = readonly [rxPackets: number, rxBytes: number, txPackets: number, txBytes: number];

/** Frames that the Ethertype fixer saw at an interface. */
export type Repair = readonly [passed: number, fixed4: number, fixed6: number, suspicious: number];

export interface Case {
  /** Stable: lists of exceptions name it. */
  readonly id: string;
  /** The row of requirements or the section of the standard it stands for. */
  readonly spec: string;
  readonly given: Given;
  readonly frames: readonly Step[];
  /** Traffic counters after the last frame, by port key, VTEP name or domain name. Only the named ones are compared. */
  readonly counters?: Readonly<Record<string, TrafficRow>>;
  /** Frames by what the Ethertype fixer did, after the last one, by interface. Only the named ones are compared. */
  readonly repairs?: Readonly<Record<string, Repair>>;
  /** Ticks at which MACs of the FDB were last seen, after the last frame. Only the named ones are compared. */
  readonly seen?: readonly { readonly domain: string; readonly mac: string; readonly tick: number }[];
}

export const sent = (...outputs: Output[]): Expected => ({ verdict: "sent", outputs });
/** `told`: what its sender hears. */
export const dropped = (reason: DropReason, ...told: Output[]): Expected => ({
  verdict: "dropped",
  outputs: told,
  reason,
});
export const consumed = (...replies: Output[]): Expected => ({ verdict: "consumed", outputs: replies });
export const held: Expected = { verdict: "held", outputs: [] };
export const teaches = (expected: Expected, ...learned: string[]): Expected => ({ ...expected, learned });
export const binds = (expected: Expected, ...bindings: string[]): Expected => ({ ...expected, bindings });
/** Not ours: the kernel keeps it. */
export const passed: Expected = { verdict: "passed", outputs: [] };

/** An FDB place in words: `red 02:00:00:00:01:01 at h1 sticky`. */
export function place(domain: string, mac: string, at: string, ...flags: FdbWord[]): string {
  return [domain, mac, "at", at, ...flags].join(" ");
}

/** A binding in words: `red 10.1.0.11 is 02:00:00:00:01:01 router`. IPv4 plain, IPv6 as RFC 5952 writes it. */
export function binding(domain: string, ip: string, mac: string, ...flags: NeighborWord[]): string {
  return [domain, ip, "is", mac, ...flags].join(" ");
}
