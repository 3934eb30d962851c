/** Requests about interfaces: ask, make, change, remove. */
import { type BridgeData, type BridgePortData, writeBridgeData, writeBridgePortData } from "./bridge_link.js";
import { AddressFamily, MessageFlag, MessageType } from "./header.js";
import { ADDRESS_GENERATION, LinkAttribute, LinkFlag, LinkInfoAttribute, VRF_TABLE } from "./link.js";
import { MessageWriter } from "./message_writer.js";
import { type NewVxlan, writeVxlanData } from "./vxlan_link.js";

const VETH_INFO_PEER = 1;
/** RTEXT_FILTER_SKIP_STATS: interface counters are most of a dump, and nobody here reads them. */
const SKIP_STATISTICS = 8;

export function encodeDumpLinks(): Uint8Array {
  const writer = new MessageWriter(MessageType.getLink, MessageFlag.dump);
  return interfaceHeader(writer, 0).attributeU32(LinkAttribute.extMask, SKIP_STATISTICS).finish();
}

/** Answered by one link; ENODEV if there is none of that name. */
export function encodeGetLink(name: string): Uint8Array {
  const writer = interfaceHeader(new MessageWriter(MessageType.getLink, 0), 0);
  return writer.attributeText(LinkAttribute.name, name).attributeU32(LinkAttribute.extMask, SKIP_STATISTICS).finish();
}

/**
 * EEXIST if the name is taken. `up`: it is up from its first moment. `netnsFd`: open file descriptor of the network
 * namespace that the device is born into; its UDP socket stays in the namespace of the socket that asks.
 */
export function encodeNewVxlan(name: string, vxlan: NewVxlan, up: boolean, netnsFd?: number): Uint8Array {
  return newLink(name, "vxlan", { up, netnsFd }, (writer) => writeVxlanData(writer, vxlan));
}

/** With a MAC of its own, or the bridge takes, and changes, the lowest one of its ports. */
export function encodeNewBridge(name: string, mac: Uint8Array, data: Partial<BridgeData>): Uint8Array {
  return newLink(name, "bridge", { mac }, (writer) => writeBridgeData(writer, data));
}

/** EOPNOTSUPP from a kernel without VRF devices. */
export function encodeNewVrf(name: string, table: number): Uint8Array {
  return newLink(name, "vrf", {}, (writer) => writer.attributeU32(VRF_TABLE, table));
}

export interface VethPeer {
  readonly name: string;
  /** Open file descriptor of the network namespace that the peer is born into. */
  readonly netnsFd?: number;
}

/**
 * `netnsFd`: the network namespace that the interface is born into; its peer is not, unless it says so too. `queues`: of
 * both, in each direction; without it they have one.
 */
export function encodeNewVeth(name: string, peer: VethPeer, netnsFd?: number, queues?: number): Uint8Array {
  return newLink(name, "veth", { netnsFd, queues }, (writer) => {
    writer.nest(VETH_INFO_PEER, () => {
      interfaceHeader(writer, 0).attributeText(LinkAttribute.name, peer.name);
      if (peer.netnsFd !== undefined) writer.attributeU32(LinkAttribute.netnsFd, peer.netnsFd);
      if (queues !== undefined) writeQueues(writer, queues);
    });
  });
}

function writeQueues(writer: MessageWriter, queues: number): void {
  writer.attributeU32(LinkAttribute.txQueues, queues).attributeU32(LinkAttribute.rxQueues, queues);
}

export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: Uint8Array;
  /** Interface index of the new bridge or VRF; 0 takes it out. */
  readonly master?: number;
  /** Free text. */
  readonly alias?: string;
  /** Free number. */
  readonly group?: number;
  /** See AddressGeneration. The kernel sets it last: an interface that must not get an address comes up later. */
  readonly addressGeneration?: number;
  /** Of a bridge. */
  readonly bridge?: Partial<BridgeData>;
}

/** An interface by index, or by name where its index is not known yet. */
export function encodeSetLink(which: number | string, change: LinkChange): Uint8Array {
  const writer = new MessageWriter(MessageType.newLink, MessageFlag.ack);
  interfaceHeader(writer, typeof which === "number" ? which : 0, change.up);
  if (typeof which === "string") writer.attributeText(LinkAttribute.name, which);
  if (change.mac !== undefined) writer.attribute(LinkAttribute.address, change.mac);
  if (change.mtu !== undefined) writer.attributeU32(LinkAttribute.mtu, change.mtu);
  if (change.master !== undefined) writer.attributeU32(LinkAttribute.master, change.master);
  if (change.alias !== undefined) writer.attributeText(LinkAttribute.alias, change.alias);
  if (change.group !== undefined) writer.attributeU32(LinkAttribute.group, change.group);
  const { addressGeneration, bridge } = change;
  if (addressGeneration !== undefined) writeAddressGeneration(writer, addressGeneration);
  if (bridge !== undefined) writeKind(writer, "bridge", () => writeBridgeData(writer, bridge));
  return writer.finish();
}

/**
 * As `bridge link set` does. Through the interface's own message (`ip link set type bridge_slave`) the kernel takes note
 * of a change of the interface, upon which the bridge enables a port that is disabled.
 */
export function encodeSetBridgePort(ifindex: number, port: Partial<BridgePortData>): Uint8Array {
  const writer = new MessageWriter(MessageType.setLink, MessageFlag.ack);
  writer.u32(AddressFamily.bridge).u32(ifindex).u32(0).u32(0);
  return writer.nest(LinkAttribute.bridgePort, () => writeBridgePortData(writer, port)).finish();
}

function writeAddressGeneration(writer: MessageWriter, mode: number): void {
  writer.nest(LinkAttribute.perFamily, () => {
    writer.nest(AddressFamily.ipv6, () => writer.attributeU8(ADDRESS_GENERATION, mode));
  });
}

export function encodeDeleteLink(ifindex: number): Uint8Array {
  return interfaceHeader(new MessageWriter(MessageType.deleteLink, MessageFlag.ack), ifindex).finish();
}

/**
 * All interfaces of a group in one go, which takes the kernel a fraction of the time: it waits for those who look at an
 * interface once, and not for each. None of them may be of hardware.
 */
export function encodeDeleteGroup(group: number): Uint8Array {
  const writer = new MessageWriter(MessageType.deleteLink, MessageFlag.ack);
  return interfaceHeader(writer, 0).attributeU32(LinkAttribute.group, group).finish();
}

interface NewLink {
  readonly up?: boolean | undefined;
  readonly mac?: Uint8Array | undefined;
  readonly netnsFd?: number | undefined;
  readonly queues?: number | undefined;
}

function newLink(name: string, kind: string, link: NewLink, writeData: (writer: MessageWriter) => void): Uint8Array {
  const flags = MessageFlag.ack | MessageFlag.create | MessageFlag.exclusive;
  const writer = new MessageWriter(MessageType.newLink, flags);
  interfaceHeader(writer, 0, link.up || undefined).attributeText(LinkAttribute.name, name);
  if (link.mac !== undefined) writer.attribute(LinkAttribute.address, link.mac);
  if (link.netnsFd !== undefined) writer.attributeU32(LinkAttribute.netnsFd, link.netnsFd);
  if (link.queues !== undefined) writeQueues(writer, link.queues);
  writeKind(writer, kind, writeData);
  return writer.finish();
}

function writeKind(writer: MessageWriter, kind: string, writeData: (writer: MessageWriter) => void): void {
  writer.nest(LinkAttribute.linkInfo, () => {
    writer.attributeText(LinkInfoAttribute.kind, kind);
    writer.nest(LinkInfoAttribute.data, () => writeData(writer));
  });
}

/** struct ifinfomsg. `up` undefined leaves the flags alone. */
function interfaceHeader(writer: MessageWriter, ifindex: number, up?: boolean): MessageWriter {
  const change = up === undefined ? 0 : LinkFlag.up;
  return writer
    .u32(0)
    .u32(ifindex)
    .u32(up === true ? LinkFlag.up : 0)
    .u32(change);
}
