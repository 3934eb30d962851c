/** Requests that change routes; see route.ts for what the members mean. */
import { AddressFamily, MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message_writer.js";
import { NexthopFlag, RouteType } from "./route.js";

const RTA = { destination: 1, oif: 4, gateway: 5, priority: 6, multipath: 9, table: 15 } as const;
const NEXTHOP_HEADER_SIZE = 8;
/** RT_TABLE_UNSPEC: RTA_TABLE tells the table. */
const TABLE_IN_ATTRIBUTE = 0;

export interface RouteKey {
  /** 4 or 16 bytes. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly table: number;
  readonly priority: number;
  /** RTPROT_*. */
  readonly protocol: number;
}

export interface RouteGateway {
  readonly ifindex: number;
  /** Of the destination's family. */
  readonly gateway: Uint8Array;
}

/** Gateways are taken to be on their link, whatever its addresses say (RTNH_F_ONLINK). Replaces what there is. */
export function encodeReplaceRoute(key: RouteKey, gateways: readonly RouteGateway[]): Uint8Array {
  const flags = MessageFlag.ack | MessageFlag.create | MessageFlag.replace;
  const [only] = gateways;
  const isSingle = gateways.length === 1;
  const writer = routeHeader(new MessageWriter(MessageType.newRoute, flags), key, isSingle ? NexthopFlag.onlink : 0);
  if (isSingle && only !== undefined) {
    writer.attribute(RTA.gateway, only.gateway).attributeU32(RTA.oif, only.ifindex);
  } else writer.attribute(RTA.multipath, multipathOf(gateways));
  return writer.finish();
}

/** ESRCH if there is none. */
export function encodeDeleteRoute(key: RouteKey): Uint8Array {
  return routeHeader(new MessageWriter(MessageType.deleteRoute, MessageFlag.ack), key, 0).finish();
}

function routeHeader(writer: MessageWriter, key: RouteKey, flags: number): MessageWriter {
  const family = key.destination.length === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  writer.u8(family).u8(key.prefixLength).u8(0).u8(0);
  writer.u8(TABLE_IN_ATTRIBUTE).u8(key.protocol).u8(0).u8(RouteType.unicast).u32(flags);
  writer.attribute(RTA.destination, key.destination).attributeU32(RTA.table, key.table);
  return writer.attributeU32(RTA.priority, key.priority);
}

/** struct rtnexthop with an RTA_GATEWAY each; of every leg the same weight. */
function multipathOf(gateways: readonly RouteGateway[]): Uint8Array {
  const legs = gateways.map(({ ifindex, gateway }) => {
    const bytes = new Uint8Array(NEXTHOP_HEADER_SIZE + 4 + gateway.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, bytes.length, true);
    view.setUint8(2, NexthopFlag.onlink);
    view.setInt32(4, ifindex, true);
    view.setUint16(NEXTHOP_HEADER_SIZE, 4 + gateway.length, true);
    view.setUint16(NEXTHOP_HEADER_SIZE + 2, RTA.gateway, true);
    bytes.set(gateway, NEXTHOP_HEADER_SIZE + 4);
    return bytes;
  });
  return Uint8Array.from(legs.flatMap((leg) => [...leg]));
}
