// What views need to know beyond the tables, which hold numbers: names, and what control found out on the way.
// Control knows these; main.ts hands them over.

import type { BridgeDomainSettings, HookName, PortStateName, PortView, VrfSettings } from "./view_types.js";

export interface PortFacts {
  /** Index in tables.ports. */
  readonly port: number;
  readonly interface: string;
  /** 0 = untagged. */
  readonly vlan: number;
  readonly bridgeDomain: string;
  readonly isHostStack: boolean;
  readonly state: PortStateName;
  readonly stateReason: string;
  readonly hook: HookName | null;
  readonly hookReason: string;
  readonly delivery: PortView["delivery"];
  readonly deliveryReason: string;
}

export interface BridgeDomainFacts {
  /** Index in tables.bridgeDomains. */
  readonly bd: number;
  readonly config: BridgeDomainSettings;
}

export interface UnderlayLegFacts {
  readonly interface: string;
  readonly via: string;
  readonly mac: string | null;
  /** Why there is no MAC. */
  readonly reason?: string;
}

export interface UnderlayFacts {
  readonly legs: readonly UnderlayLegFacts[];
  /** Present when no leg can carry a packet. */
  readonly reason?: string;
}

export interface VrfFacts {
  /** Index in tables.vrfs. */
  readonly vrf: number;
  readonly config: VrfSettings;
  readonly routeCount: number;
}

interface MacNumbers {
  readonly hi: number;
  readonly lo: number;
}

/** Where a route leads: a connected domain, a router in one whose MAC may not be known, or a VTEP. */
export type RouteTarget =
  | { readonly bridgeDomain: string }
  | { readonly bridgeDomain: string; readonly gateway: string; readonly mac: MacNumbers | undefined }
  | { readonly vtep: string; readonly routerMac: MacNumbers };

export interface RouteFacts {
  readonly vrf: string;
  readonly prefix: string;
  readonly targets: readonly RouteTarget[];
}

export interface NeighborFacts {
  readonly state: string;
  /** Whether somebody here listens to the host. */
  readonly isHeard: boolean;
}

export interface VtepNames {
  /** Every access port, also those whose interface is missing. */
  ports(): Iterable<PortFacts>;
  /** Every bridge domain of the config. */
  bridgeDomains(): Iterable<BridgeDomainFacts>;
  /** "" for a number that no domain has. */
  bridgeDomain(bd: number): string;
  /** "" for a slot that no interface has. */
  interface(slot: number): string;
  underlay(vtep: number): UnderlayFacts;
  /** Every VRF of the config. */
  vrfs(): Iterable<VrfFacts>;
  /** "" for a number that no VRF has. */
  vrf(vrf: number): string;
  routes(): Iterable<RouteFacts>;
  /** By index in tables.neighbors. */
  neighbor(index: number): NeighborFacts;
}
