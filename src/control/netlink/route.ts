/**
 * Routes: RTM_NEWROUTE, RTM_DELROUTE, and the question "which route would carry this packet?" (struct rtmsg,
 * linux/rtnetlink.h).
 *
 * A route's next hops come in three dresses, brought to one list here: RTA_OIF with RTA_GATEWAY, the same with RTA_VIA
 * (a gateway of the other family, RFC 5549), and RTA_MULTIPATH. A route by next-hop object (RTA_NH_ID) carries one of
 * them beside the id.
 */
import { Attributes } from "./attributes.js";
import { AddressFamily, align4, MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message_writer.js";

const HEADER_SIZE = 12;
const NEXTHOP_SIZE = 8;

const RTA = {
  destination: 1,
  source: 2,
  oif: 4,
  gateway: 5,
  priority: 6,
  preferredSource: 7,
  metrics: 8,
  multipath: 9,
  table: 15,
  via: 18,
  encapType: 21,
  ipProtocol: 27,
  destinationPort: 29,
  nexthopId: 30,
} as const;
const RTAX_MTU = 2;

/** RTM_F_FIB_MATCH: answer with the route as configured, all its next hops, and not with one flow's choice. */
const FIB_MATCH = 0x2000;

/** RTN_*. */
export const RouteType = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;

/** RTNH_F_*. */
export const NexthopFlag = { dead: 0x1, onlink: 0x4, linkDown: 0x10 } as const;

export interface RouteNexthop {
  /** 0 where the route names none. */
  readonly ifindex: number;
  /** IPv4 or IPv6, told apart by length, whatever the route's family. Null: the destination is on the link itself. */
  readonly gateway: Uint8Array | null;
  readonly weight: number;
  /** RTNH_F_*, see NexthopFlag. */
  readonly flags: number;
  /** LWTUNNEL_ENCAP_*: the kernel would wrap packets on this leg; 0 = plain. */
  readonly encapType: number;
}

export interface RouteMessage {
  readonly family: number;
  /** Null for a default route. */
  readonly destination: Uint8Array | null;
  readonly prefixLength: number;
  readonly table: number;
  /** RTPROT_*: 2 kernel, 3 boot, 4 static, 11 zebra, 186 bgp. */
  readonly protocol: number;
  readonly scope: number;
  /** See RouteType. */
  readonly type: number;
  /** RTM_F_* and, for a single next hop, its RTNH_F_*. */
  readonly flags: number;
  readonly priority: number;
  readonly preferredSource: Uint8Array | null;
  readonly nexthopId: number;
  /** 0 = the interface's. */
  readonly mtu: number;
  readonly nexthops: readonly RouteNexthop[];
}

export function decodeRoute(view: DataView, start: number, end: number): RouteMessage | null {
  if (end - start < HEADER_SIZE) return null;
  const attributes = Attributes.read(view, start + HEADER_SIZE, end);
  if (attributes === null) return null;
  const flags = view.getUint32(start + 8, true);
  return {
    family: view.getUint8(start),
    prefixLength: view.getUint8(start + 1),
    // rtm_table has eight bits; RTA_TABLE is the table.
    table: attributes.u32(RTA.table) ?? view.getUint8(start + 4),
    protocol: view.getUint8(start + 5),
    scope: view.getUint8(start + 6),
    type: view.getUint8(start + 7),
    flags,
    destination: attributes.ip(RTA.destination),
    priority: attributes.u32(RTA.priority) ?? 0,
    preferredSource: attributes.ip(RTA.preferredSource),
    nexthopId: attributes.u32(RTA.nexthopId) ?? 0,
    mtu: attributes.nested(RTA.metrics)?.u32(RTAX_MTU) ?? 0,
    nexthops: readNexthops(attributes, flags),
  };
}

function readNexthops(attributes: Attributes, routeFlags: number): RouteNexthop[] {
  const multipath = attributes.bytes(RTA.multipath);
  if (multipath !== null) return readMultipath(multipath);
  const ifindex = attributes.u32(RTA.oif) ?? 0;
  const gateway = readGateway(attributes);
  if (ifindex === 0 && gateway === null) return [];
  return [{ ifindex, gateway, weight: 1, flags: routeFlags & 0xff, encapType: attributes.u16(RTA.encapType) ?? 0 }];
}

/** A row of struct rtnexthop, each with attributes of its own. What follows a broken one is left out. */
function readMultipath(bytes: Uint8Array): RouteNexthop[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nexthops: RouteNexthop[] = [];
  let at = 0;
  while (at + NEXTHOP_SIZE <= view.byteLength) {
    const length = view.getUint16(at, true);
    if (length < NEXTHOP_SIZE || length > view.byteLength - at) break;
    const attributes = Attributes.read(view, at + NEXTHOP_SIZE, at + length);
    if (attributes === null) break;
    nexthops.push({
      flags: view.getUint8(at + 2),
      weight: view.getUint8(at + 3) + 1,
      ifindex: view.getInt32(at + 4, true),
      gateway: readGateway(attributes),
      encapType: attributes.u16(RTA.encapType) ?? 0,
    });
    at += align4(length);
  }
  return nexthops;
}

/** RTA_VIA is a 16-bit family and then the address. */
function readGateway(attributes: Attributes): Uint8Array | null {
  const via = attributes.bytes(RTA.via);
  if (via !== null && (via.length === 6 || via.length === 18)) return via.slice(2);
  return attributes.ip(RTA.gateway);
}

export interface RouteQuery {
  readonly destination: Uint8Array;
  /** Must be an address of this host, or the kernel refuses with EINVAL. */
  readonly source?: Uint8Array | undefined;
  /** Lets policy rules by protocol and port apply. */
  readonly udpPort?: number | undefined;
  readonly fibMatch: boolean;
}

/** Answered by one route, or refused with the errno that a packet would meet: ENETUNREACH, EHOSTUNREACH, EACCES. */
export function encodeGetRoute(query: RouteQuery): Uint8Array {
  const { destination, source } = query;
  const writer = new MessageWriter(MessageType.getRoute, 0)
    .u8(destination.length === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6)
    .u8(destination.length * 8)
    .u8(source === undefined ? 0 : source.length * 8)
    .u8(0)
    .u32(0)
    .u32(query.fibMatch ? FIB_MATCH : 0)
    .attribute(RTA.destination, destination);
  if (source !== undefined) writer.attribute(RTA.source, source);
  if (query.udpPort !== undefined) {
    writer.attributeU8(RTA.ipProtocol, 17).attributeU16be(RTA.destinationPort, query.udpPort);
  }
  return writer.finish();
}

export function encodeDumpRoutes(family: number, table?: number): Uint8Array {
  const writer = new MessageWriter(MessageType.getRoute, MessageFlag.dump).u8(family).u8(0).u16(0).u32(0).u32(0);
  if (table !== undefined) writer.attributeU32(RTA.table, table);
  return writer.finish();
}
