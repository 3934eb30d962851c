// Routing between bridge domains (RFC 9135): a packet for the gateway's MAC, or one that came by an L3 VNI.
// Symmetric and asymmetric IRB are one code: a path leads either to a connected domain, where the host's MAC is
// looked up and the packet is bridged by its L2 VNI, or to a VTEP's router MAC by the L3 VNI.
// TWIN: bpf/lib/irb.h.

import { Drop, HostKind, PathKind, VrfFlag } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { ETHERNET_HEADER_BYTES, EtherType, isZeroMac } from "../wire/ethernet.js";
import { flowHash } from "../wire/flowhash.js";
import {
  ECHO_REQUEST,
  ECHO_REQUEST6,
  IPV4_FRAGMENT_MASK,
  IPV6_HEADER_BYTES,
  Ipv4,
  Ipv6,
  isLinkLocal,
  Protocol,
} from "../wire/ip.js";
import { bridgeRouted, sendToVtep } from "./bridge.js";
import { type Decision, Reply, Verdict } from "./decision.js";
import { toHostStack } from "./host_stack.js";
import { refuse } from "./ingress.js";
import { isValidIp, staysOnLink } from "./ip_check.js";

const MAPPED_PREFIX_WORD = 0xffff;

/** `tick` as in processFrame. The frame is in `out`'s inner frame; `vrf` is where it is looked up. */
export function route(tables: Tables, view: DataView, out: Decision, vrf: number, tick: number): void {
  if (!isValidIp(view, out)) {
    out.drop(Drop.IP_INVALID);
    return;
  }
  const { destinationHi, destinationLo, sourceHi, sourceLo } = out;
  out.flowHash = flowHash(view, out.innerOffset, out.innerLength, destinationHi, destinationLo, sourceHi, sourceLo);
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  if (out.etherType === EtherType.IPV4) {
    lookup(tables, view, out, vrf, tick, 0, 0, MAPPED_PREFIX_WORD, view.getInt32(ip + Ipv4.DESTINATION));
    return;
  }
  const at = ip + Ipv6.DESTINATION;
  const w0 = view.getInt32(at);
  const w1 = view.getInt32(at + 4);
  const w2 = view.getInt32(at + 8);
  const w3 = view.getInt32(at + 12);
  if (isLinkLocal(w0) && isOurs(tables, out, w0, w1, w2, w3)) deliverLocally(tables, view, out, out.ingressBd);
  else lookup(tables, view, out, vrf, tick, w0, w1, w2, w3);
}

/** Link-local addresses are a matter of each domain, not of the VRF. */
function isOurs({ bridgeDomains }: Tables, out: Decision, w0: number, w1: number, w2: number, w3: number): boolean {
  return out.ingressBd !== 0 && bridgeDomains.isGatewayAddress(out.ingressBd, w0, w1, w2, w3);
}

/** The destination as four words. Hosts come before prefixes: a /32 is the longest of all. */
function lookup(
  tables: Tables,
  view: DataView,
  out: Decision,
  vrf: number,
  tick: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): void {
  const { hosts, prefixes } = tables;
  const host = hosts.find(vrf, w0, w1, w2, w3);
  const kind = host === 0 ? HostKind.NONE : hosts.kindAt(host);
  if (kind === HostKind.LOCAL) {
    deliverLocally(tables, view, out, hosts.targetAt(host));
  } else if (kind === HostKind.NEIGHBOR) {
    if (mayPassOn(view, out)) toHost(tables, out, hosts.targetAt(host), hosts.hiAt(host), hosts.loAt(host), tick);
  } else {
    const found = kind === HostKind.ROUTE ? hosts.targetAt(host) : prefixes.lookup(vrf, w0, w1, w2, w3);
    followRoute(tables, view, out, vrf, found, tick, w0, w1, w2, w3);
  }
}

function followRoute(
  tables: Tables,
  view: DataView,
  out: Decision,
  vrf: number,
  found: number,
  tick: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): void {
  const { bridgeDomains, routes } = tables;
  const path = found === 0 ? 0 : routes.pathOf(found, out.flowHash);
  const kind = path === 0 ? PathKind.NONE : routes.pathKind[path]!;
  // SPEC: RFC 2644: not forwarded; RFC 1812 §4.3.2.7: nor is its sender told of anything, so this goes before the TTL.
  if (kind === PathKind.CONNECTED && bridgeDomains.isSubnetBroadcast(routes.pathBd[path]!, w0, w1, w2, w3)) {
    out.drop(Drop.DIRECTED_BROADCAST);
  } else if (!mayPassOn(view, out)) {
    return;
  } else if (kind === PathKind.NONE) {
    out.dropAndTell(Drop.NO_ROUTE, Reply.NET_UNREACHABLE);
  } else if (kind === PathKind.VTEP) {
    toRouter(tables, out, vrf, path);
  } else if (kind === PathKind.GATEWAY) {
    toGateway(tables, out, path, tick);
  } else {
    hold(out, routes.pathBd[path]!, w0, w1, w2, w3);
  }
}

/**
 * For an address of the gateway of `bd`. Echo requests are answered. The rest is for the host's own programs, where
 * they are served; else what asks for a port hears that none is open.
 */
function deliverLocally(tables: Tables, view: DataView, out: Decision, bd: number): void {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  const ipv6 = view.getUint8(ip) >>> 4 === 6;
  const protocol = view.getUint8(ip + (ipv6 ? Ipv6.NEXT_HEADER : Ipv4.PROTOCOL));
  const served = tables.bridgeDomains.hostPort[bd] !== 0;
  const icmp = protocol === (ipv6 ? Protocol.ICMPV6 : Protocol.ICMP);
  if (icmp && (!served || isEchoRequest(view, out, ip, ipv6))) out.consume(Reply.ECHO);
  else if (served) toHostStack(tables, out, bd);
  else out.consume(protocol === Protocol.UDP || protocol === Protocol.TCP ? Reply.PORT_UNREACHABLE : Reply.NONE);
}

/** Whole ones: of a fragment nobody knows yet what it is a part of. */
function isEchoRequest(view: DataView, out: Decision, ip: number, ipv6: boolean): boolean {
  const icmp = ip + (ipv6 ? IPV6_HEADER_BYTES : (view.getUint8(ip) & 0xf) * 4);
  if (icmp >= out.innerOffset + out.innerLength) return false;
  if (!ipv6 && (view.getUint16(ip + Ipv4.FRAGMENT) & IPV4_FRAGMENT_MASK) !== 0) return false;
  return view.getUint8(icmp) === (ipv6 ? ECHO_REQUEST6 : ECHO_REQUEST);
}

/** SPEC: RFC 1812 §5.3.1, RFC 8200 §3: what would leave with 0 does not leave. False when dropped. */
function mayPassOn(view: DataView, out: Decision): boolean {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  const ipv6 = view.getUint8(ip) >>> 4 === 6;
  if (ipv6 && staysOnLink(view, ip)) return refuse(out, Drop.IP_INVALID);
  if (out.originated || view.getUint8(ip + (ipv6 ? Ipv6.HOP_LIMIT : Ipv4.TTL)) > 1) return true;
  out.dropAndTell(Drop.TTL_EXCEEDED, Reply.TIME_EXCEEDED);
  return false;
}

/** The host's domain is here: its MAC, the domain's gateway as source, then as any frame of that domain. */
function toHost(tables: Tables, out: Decision, bd: number, hi: number, lo: number, tick: number): void {
  const { bridgeDomains } = tables;
  rewrite(out, hi, lo, bridgeDomains.gatewayHi[bd]!, bridgeDomains.gatewayLo[bd]!);
  out.bd = bd;
  bridgeRouted(tables, out, tick);
}

/** To a router that is a host of a connected domain. While its MAC is not known, control asks for it. */
function toGateway(tables: Tables, out: Decision, path: number, tick: number): void {
  const { pathBd, pathRouterHi, pathRouterLo } = tables.routes;
  const [hi, lo] = [pathRouterHi[path]!, pathRouterLo[path]!];
  if (isZeroMac(hi, lo)) out.dropAndTell(Drop.NO_NEIGHBOR, Reply.HOST_UNREACHABLE);
  else toHost(tables, out, pathBd[path]!, hi, lo, tick);
}

/** SPEC: RFC 9135 §5.2: by the L3 VNI, from our router MAC to that of the VTEP. */
function toRouter(tables: Tables, out: Decision, vrf: number, path: number): void {
  const { vrfs, routes } = tables;
  if ((vrfs.flags[vrf]! & VrfFlag.SYMMETRIC) === 0) {
    out.dropAndTell(Drop.NO_VNI_FOR_DST_SUBNET, Reply.NET_UNREACHABLE);
    return;
  }
  const { pathRouterHi, pathRouterLo, pathVtep } = routes;
  rewrite(out, pathRouterHi[path]!, pathRouterLo[path]!, vrfs.routerHi[vrf]!, vrfs.routerLo[vrf]!);
  out.bd = 0;
  out.vni = vrfs.l3Vni[vrf]!;
  sendToVtep(tables, out, pathVtep[path]!);
}

function rewrite(out: Decision, toHi: number, toLo: number, fromHi: number, fromLo: number): void {
  out.destinationHi = toHi;
  out.destinationLo = toLo;
  out.sourceHi = fromHi;
  out.sourceLo = fromLo;
  out.routed = true;
  out.fromTunnel = false;
  out.floodFrom = 0;
}

/** The subnet is connected and the host has not been heard of: whoever listens asks for it (glean). */
function hold(out: Decision, bd: number, w0: number, w1: number, w2: number, w3: number): void {
  out.verdict = Verdict.HOLD;
  out.bd = bd;
  out.bindingWord0 = w0;
  out.bindingWord1 = w1;
  out.bindingWord2 = w2;
  out.bindingWord3 = w3;
}
