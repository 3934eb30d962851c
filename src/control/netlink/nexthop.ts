/** Next-hop objects: RTM_NEWNEXTHOP, RTM_DELNEXTHOP (struct nhmsg, linux/nexthop.h). */
import { Attributes } from "./attributes.js";
import { MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message_writer.js";

const HEADER_SIZE = 8;
const GROUP_MEMBER_SIZE = 8;
const NHA = { id: 1, group: 2, blackhole: 4, oif: 5, gateway: 6, fdb: 11 } as const;

export interface NexthopGroupMember {
  readonly id: number;
  readonly weight: number;
}

export interface NexthopMessage {
  readonly id: number;
  /** Of the gateway. */
  readonly family: number;
  /** RTPROT_*. */
  readonly protocol: number;
  /** RTNH_F_*. */
  readonly flags: number;
  readonly ifindex: number;
  readonly gateway: Uint8Array | null;
  readonly isBlackhole: boolean;
  /** It stands behind forwarding entries (EVPN multihoming) and not behind routes; it has no interface. */
  readonly isFdb: boolean;
  /** Empty for a single next hop. */
  readonly group: readonly NexthopGroupMember[];
}

export function decodeNexthop(view: DataView, start: number, end: number): NexthopMessage | null {
  if (end - start < HEADER_SIZE) return null;
  const attributes = Attributes.read(view, start + HEADER_SIZE, end);
  const id = attributes?.u32(NHA.id);
  if (attributes === null || id === undefined) return null;
  return {
    id,
    family: view.getUint8(start),
    protocol: view.getUint8(start + 2),
    flags: view.getUint32(start + 4, true),
    ifindex: attributes.u32(NHA.oif) ?? 0,
    gateway: attributes.ip(NHA.gateway),
    isBlackhole: attributes.has(NHA.blackhole),
    isFdb: attributes.has(NHA.fdb),
    group: readGroup(attributes.bytes(NHA.group)),
  };
}

/** struct nexthop_grp: id, then the weight minus one, its high byte after its low one (kernel >= 6.12, else zero). */
function readGroup(bytes: Uint8Array | null): NexthopGroupMember[] {
  if (bytes === null) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: NexthopGroupMember[] = [];
  for (let at = 0; at + GROUP_MEMBER_SIZE <= view.byteLength; at += GROUP_MEMBER_SIZE) {
    members.push({ id: view.getUint32(at, true), weight: view.getUint16(at + 4, true) + 1 });
  }
  return members;
}

export function encodeDumpNexthops(): Uint8Array {
  return new MessageWriter(MessageType.getNexthop, MessageFlag.dump).u32(0).u32(0).finish();
}
