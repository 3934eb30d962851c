// Where paths lead, in the words of config and control plane.

import { formatMac, type Mac } from "../../wire/ethernet.js";
import type { NextHopIntent } from "../intent.js";

/** A VTEP that the control plane names as next hop in a VRF. */
export interface LearnedNextHop {
  readonly vrf: string;
  /** Canonical text. */
  readonly vtep: string;
}

/** A router that is a host of a connected domain (RFC 9136 §4.1: an external one, or one behind another VTEP). */
export interface GatewayHop {
  readonly bridgeDomain: string;
  /** Canonical text; may be link-local. */
  readonly gateway: string;
}

/** A connected bridge domain by name, a router in one, or a VTEP. */
export type PathTarget = { readonly bridgeDomain: string } | GatewayHop | NextHopIntent | LearnedNextHop;

/** The same as it is at the moment. */
export type PathFacts =
  | { readonly bridgeDomain: string }
  /** `mac`: undefined while it is not known. */
  | (GatewayHop & { readonly mac: Mac | undefined })
  | NextHopIntent;

export function isLearned(target: PathTarget): target is LearnedNextHop {
  return "vrf" in target;
}

export function isGateway(target: PathTarget): target is GatewayHop {
  return "gateway" in target;
}

export function keyOf(target: PathTarget): string {
  if (isGateway(target)) return `gateway ${target.bridgeDomain} ${target.gateway}`;
  if ("bridgeDomain" in target) return `domain ${target.bridgeDomain}`;
  if (isLearned(target)) return `VRF ${target.vrf} ${target.vtep}`;
  return `${target.vtep} ${formatMac(target.routerMac.hi, target.routerMac.lo)}`;
}
