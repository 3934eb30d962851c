/**
 * Neighbours and forwarding entries: RTM_NEWNEIGH, RTM_DELNEIGH (struct ndmsg, linux/neighbour.h).
 *
 * Three tables share the message: ARP and ND (AF_INET, AF_INET6: IP → MAC on an interface), the bridge's FDB
 * (AF_BRIDGE without NDA_DST) and the vxlan device's (AF_BRIDGE with NTF_SELF and NDA_DST = VTEP).
 */
import { Attributes } from "./attributes.js";
import { AddressFamily, MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message_writer.js";

export const NEIGHBOR_HEADER_SIZE = 12;

export const NDA = {
  destination: 1,
  linkLayer: 2,
  vlan: 5,
  port: 6,
  vni: 7,
  ifindex: 8,
  master: 9,
  sourceVni: 11,
  protocol: 12,
  nexthopId: 13,
  flagsExt: 15,
} as const;

/** NUD_*. Zero (none) stands for an entry nobody has asked about. */
export const NeighborState = {
  none: 0,
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noArp: 0x40,
  permanent: 0x80,
} as const;

/** NTF_*. */
export const NeighborFlag = {
  use: 0x01,
  self: 0x02,
  master: 0x04,
  proxy: 0x08,
  extLearned: 0x10,
  offloaded: 0x20,
  sticky: 0x40,
  router: 0x80,
} as const;

/** NTF_EXT_*: bits of NDA_FLAGS_EXT. */
export const NeighborFlagExt = { managed: 0x1 } as const;

export interface NeighborMessage {
  /** AF_INET, AF_INET6 or AF_BRIDGE. */
  readonly family: number;
  readonly ifindex: number;
  /** NUD_*, see NeighborState. */
  readonly state: number;
  /** NTF_*, see NeighborFlag. */
  readonly flags: number;
  readonly flagsExt: number;
  /** RTN_*: unicast (1) for real neighbours. */
  readonly type: number;
  /** IP of the neighbour; of the VTEP for AF_BRIDGE. */
  readonly destination: Uint8Array | null;
  readonly linkLayer: Uint8Array | null;
  readonly vlan: number | undefined;
  readonly udpPort: number | undefined;
  readonly vni: number | undefined;
  readonly sourceVni: number | undefined;
  readonly master: number;
  /** RTPROT_* of who wrote it: 11 zebra; undefined: nobody said. */
  readonly protocol: number | undefined;
  readonly nexthopId: number;
}

export function decodeNeighbor(view: DataView, start: number, end: number): NeighborMessage | null {
  if (end - start < NEIGHBOR_HEADER_SIZE) return null;
  const attributes = Attributes.read(view, start + NEIGHBOR_HEADER_SIZE, end);
  if (attributes === null) return null;
  return {
    family: view.getUint8(start),
    ifindex: view.getInt32(start + 4, true),
    state: view.getUint16(start + 8, true),
    flags: view.getUint8(start + 10),
    type: view.getUint8(start + 11),
    flagsExt: attributes.u32(NDA.flagsExt) ?? 0,
    destination: attributes.ip(NDA.destination),
    linkLayer: attributes.bytes(NDA.linkLayer),
    vlan: attributes.u16(NDA.vlan),
    udpPort: attributes.u16be(NDA.port),
    vni: attributes.u32(NDA.vni),
    sourceVni: attributes.u32(NDA.sourceVni),
    master: attributes.u32(NDA.master) ?? 0,
    protocol: attributes.u8(NDA.protocol),
    nexthopId: attributes.u32(NDA.nexthopId) ?? 0,
  };
}

export interface NeighborEntry {
  readonly family: number;
  readonly ifindex: number;
  readonly state?: number;
  readonly flags?: number;
  readonly flagsExt?: number;
  readonly destination?: Uint8Array;
  readonly linkLayer?: Uint8Array;
  readonly vlan?: number;
  readonly vni?: number;
  readonly sourceVni?: number;
  readonly master?: number;
  readonly protocol?: number;
  readonly nexthopId?: number;
}

/**
 * create: EEXIST if there is one. replace: written whatever is there. append: one more destination of the same MAC
 * (flood entries of a vxlan device).
 */
export type NeighborWrite = "create" | "replace" | "append";

const WRITE_FLAGS: Record<NeighborWrite, number> = {
  create: MessageFlag.create | MessageFlag.exclusive,
  replace: MessageFlag.create | MessageFlag.replace,
  append: MessageFlag.create | MessageFlag.append,
};

export function encodeNewNeighbor(entry: NeighborEntry, write: NeighborWrite): Uint8Array {
  return encodeEntry(new MessageWriter(MessageType.newNeighbor, MessageFlag.ack | WRITE_FLAGS[write]), entry);
}

export function encodeDeleteNeighbor(entry: NeighborEntry): Uint8Array {
  return encodeEntry(new MessageWriter(MessageType.deleteNeighbor, MessageFlag.ack), entry);
}

/**
 * Tells the kernel that the neighbour is in use (NTF_USE): an unknown or failed one is asked for, a stale one is
 * probed. Traffic that bypasses the kernel does not do so by itself. Not for a permanent one: it would be so no more.
 */
export function encodeUseNeighbor(ifindex: number, address: Uint8Array): Uint8Array {
  const writer = new MessageWriter(MessageType.newNeighbor, MessageFlag.ack | MessageFlag.create);
  return encodeEntry(writer, { family: familyOf(address), ifindex, destination: address, flags: NeighborFlag.use });
}

/** Answered by one neighbour; ENOENT if the kernel has no entry. */
export function encodeGetNeighbor(ifindex: number, address: Uint8Array): Uint8Array {
  const entry = { family: familyOf(address), ifindex, destination: address };
  return encodeEntry(new MessageWriter(MessageType.getNeighbor, 0), entry);
}

/** The kernel applies the filters only on sockets with strict checking. */
export function encodeDumpNeighbors(family: number, filter: { ifindex?: number; master?: number } = {}): Uint8Array {
  const writer = new MessageWriter(MessageType.getNeighbor, MessageFlag.dump);
  // The FDB dump takes the interface from the header, the ARP and ND dumps from an attribute.
  const isBridge = family === AddressFamily.bridge;
  writer.u8(family).u8(0).u16(0);
  writer.u32(isBridge ? (filter.ifindex ?? 0) : 0).u32(0);
  if (!isBridge && filter.ifindex !== undefined) writer.attributeU32(NDA.ifindex, filter.ifindex);
  if (filter.master !== undefined) writer.attributeU32(NDA.master, filter.master);
  return writer.finish();
}

function familyOf(address: Uint8Array): number {
  return address.length === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
}

function encodeEntry(writer: MessageWriter, entry: NeighborEntry): Uint8Array {
  writer.u8(entry.family).u8(0).u16(0).u32(entry.ifindex);
  writer
    .u16(entry.state ?? 0)
    .u8(entry.flags ?? 0)
    .u8(0);
  if (entry.destination !== undefined) writer.attribute(NDA.destination, entry.destination);
  if (entry.linkLayer !== undefined) writer.attribute(NDA.linkLayer, entry.linkLayer);
  if (entry.vlan !== undefined) writer.attributeU16(NDA.vlan, entry.vlan);
  if (entry.vni !== undefined) writer.attributeU32(NDA.vni, entry.vni);
  if (entry.sourceVni !== undefined) writer.attributeU32(NDA.sourceVni, entry.sourceVni);
  if (entry.master !== undefined) writer.attributeU32(NDA.master, entry.master);
  if (entry.nexthopId !== undefined) writer.attributeU32(NDA.nexthopId, entry.nexthopId);
  if (entry.flagsExt !== undefined) writer.attributeU32(NDA.flagsExt, entry.flagsExt);
  if (entry.protocol !== undefined) writer.attributeU8(NDA.protocol, entry.protocol);
  return writer.finish();
}
