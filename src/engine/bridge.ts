// Where a frame goes inside its bridge domain. TWIN: bpf/lib/bridge.h.

import { BdFlag, Drop, FdbKind, PortFlag } from "../abi/generated.js";
import { kindOf, NOT_FOUND, targetOf } from "../tables/fdb.js";
import { StormClass } from "../tables/port.js";
import type { Tables } from "../tables/tables.js";
import { UNRESOLVED } from "../tables/vtep.js";
import { ETHERNET_HEADER_BYTES, isBroadcastMac, isGroupMac } from "../wire/ethernet.js";
import { flowHash } from "../wire/flowhash.js";
import { type Decision, Egress, Reply } from "./decision.js";
import { outerHeaderBytes } from "./encap.js";
import { flood } from "./flood.js";

/** What the length field of an IP header can say. */
const LARGEST_PACKET = 0xffff;

export function decideDestination(tables: Tables, view: DataView, out: Decision, tick: number): void {
  out.flowHash = hashInner(view, out);
  out.vni = tables.bridgeDomains.vni[out.bd]!;
  if (isGroupMac(out.destinationHi)) {
    const broadcast = isBroadcastMac(out.destinationHi, out.destinationLo);
    flood(tables, out, broadcast ? StormClass.BROADCAST : StormClass.MULTICAST, tick);
    return;
  }
  toMac(tables, out, tick);
}

/** A packet that routing has addressed to a host of `bd`. Its flow hash stands. */
export function bridgeRouted(tables: Tables, out: Decision, tick: number): void {
  out.vni = tables.bridgeDomains.vni[out.bd]!;
  toMac(tables, out, tick);
}

function toMac(tables: Tables, out: Decision, tick: number): void {
  const slot = tables.fdb.find(out.bd, out.destinationHi, out.destinationLo);
  if (slot === NOT_FOUND) unknownUnicast(tables, out, tick);
  else toPlace(tables, out, tables.fdb.placeAt(slot));
}

function toPlace(tables: Tables, out: Decision, place: number): void {
  const kind = kindOf(place);
  if (kind === FdbKind.LOCAL) toPort(tables, out, targetOf(place));
  else if (kind === FdbKind.REMOTE) toVtep(tables, out, targetOf(place));
  else if (kind === FdbKind.SEGMENT) toSegment(tables, out, targetOf(place));
  else out.drop(Drop.UNKNOWN_UNICAST_HOLD);
}

/** Only frames that may be encapsulated need the hash. */
function hashInner(view: DataView, out: Decision): number {
  if (out.fromTunnel) return 0;
  const { destinationHi, destinationLo, sourceHi, sourceLo } = out;
  return flowHash(view, out.innerOffset, out.innerLength, destinationHi, destinationLo, sourceHi, sourceLo);
}

function unknownUnicast(tables: Tables, out: Decision, tick: number): void {
  if ((tables.bridgeDomains.flags[out.bd]! & BdFlag.UNKNOWN_UNICAST_DROP) !== 0) out.drop(Drop.UNKNOWN_UNICAST_DROP);
  else flood(tables, out, StormClass.UNKNOWN_UNICAST, tick);
}

export function toPort(tables: Tables, out: Decision, port: number): void {
  const flags = tables.ports.flags[port]!;
  if (port === out.floodFrom) out.drop(Drop.HAIRPIN);
  else if ((flags & PortFlag.ENABLED) === 0) out.drop(Drop.PORT_DISABLED);
  else if (bothIsolated(tables, out.floodFrom, port)) out.drop(Drop.ISOLATED);
  else if (!fitsPort(tables, port, out.innerLength)) tooBig(out, tables.interfaces.mtuBytes[tables.ports.slot[port]!]!);
  else out.forwardTo(Egress.PORT, port);
}

/** A frame that came through a tunnel never leaves through one (RFC 7432 §11.2, RFC 8365 §5.1). */
function toVtep(tables: Tables, out: Decision, vtep: number): void {
  if (out.fromTunnel) out.drop(Drop.SPLIT_HORIZON);
  else sendToVtep(tables, out, vtep);
}

/** One of its VTEPs, always the same for a flow (aliasing: RFC 7432 §8.4). None left is as good as no route. */
function toSegment(tables: Tables, out: Decision, segment: number): void {
  if (out.fromTunnel) {
    out.drop(Drop.SPLIT_HORIZON);
    return;
  }
  const vtep = tables.segments.vtepOf(segment, out.flowHash);
  if (vtep === 0) noWay(out);
  else sendToVtep(tables, out, vtep);
}

/** Into the tunnel with `out.vni`. */
export function sendToVtep(tables: Tables, out: Decision, vtep: number): void {
  if (tables.vteps.group[vtep] === 0) noWay(out);
  else if (!fitsVtep(tables, vtep, out)) tooBig(out, innerMtu(tables, vtep, out));
  else out.forwardTo(Egress.VTEP, vtep);
}

/** SPEC: RFC 1812 §5.2.7.1, RFC 4443 §3.1: the sender of a routed packet hears that a host, or a network, is cut off. */
function noWay(out: Decision): void {
  if (!out.routed) out.drop(Drop.UNDERLAY_UNRESOLVED);
  else out.dropAndTell(Drop.UNDERLAY_UNRESOLVED, out.bd === 0 ? Reply.NET_UNREACHABLE : Reply.HOST_UNREACHABLE);
}

/** The sender hears the largest packet that would have passed (RFC 1191 §4, RFC 8201 §4). */
function tooBig(out: Decision, mtuBytes: number): void {
  out.dropAndTell(Drop.MTU_EXCEEDED, Reply.TOO_BIG);
  out.replyMtu = mtuBytes;
}

/** Largest inner IP packet that the path to a VTEP takes, as far as is known. */
export function innerMtu(tables: Tables, vtep: number, out: Decision): number {
  return outerMtu(tables, vtep, out) - outerHeaderBytes(tables.settings.family) - ETHERNET_HEADER_BYTES;
}

/**
 * Largest outer IP packet: what the next hop's link takes, or less where a router on the way has said so. A path that
 * is not resolved has no link yet: the kernel finds out.
 */
function outerMtu(tables: Tables, vtep: number, out: Decision): number {
  const adjacency = tables.groups.adjacencyOf(tables.vteps.group[vtep]!, out.flowHash);
  const link = adjacency === UNRESOLVED ? LARGEST_PACKET : tables.adjacencies.mtuBytes[adjacency]!;
  const path = tables.vteps.pathMtuBytes[vtep]!;
  return path !== 0 && path < link ? path : link;
}

export function bothIsolated(tables: Tables, from: number, to: number): boolean {
  return (tables.ports.flags[from]! & tables.ports.flags[to]! & PortFlag.ISOLATED) !== 0;
}

export function fitsPort(tables: Tables, port: number, innerLength: number): boolean {
  return innerLength - ETHERNET_HEADER_BYTES <= tables.interfaces.mtuBytes[tables.ports.slot[port]!]!;
}

/** The VTEP never fragments (RFC 7348 §4.3). */
export function fitsVtep(tables: Tables, vtep: number, out: Decision): boolean {
  return out.innerLength + outerHeaderBytes(tables.settings.family) <= outerMtu(tables, vtep, out);
}
