/** Requests about interfaces: ask, make, change, remove. */
import { MessageFlag, MessageType } from "./header.js";
import { LinkAttribute, LinkFlag, LinkInfoAttribute } from "./link.js";
import { MessageWriter } from "./message-writer.js";
import { type NewVxlan, writeVxlanData } from "./vxlan-link.js";

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

/** EEXIST if the name is taken. `up`: it is up from its first moment. */
export function encodeNewVxlan(name: string, vxlan: NewVxlan, up: boolean): Uint8Array {
  return newLink(name, "vxlan", up, (writer) => writeVxlanData(writer, vxlan));
}

export interface VethPeer {
  readonly name: string;
  /** Open file descriptor of the network namespace that the peer is born into. */
  readonly netnsFd?: number;
}

export function encodeNewVeth(name: string, peer: VethPeer): Uint8Array {
  return newLink(name, "veth", false, (writer) => {
    writer.nest(VETH_INFO_PEER, () => {
      interfaceHeader(writer, 0).attributeText(LinkAttribute.name, peer.name);
      if (peer.netnsFd !== undefined) writer.attributeU32(LinkAttribute.netnsFd, peer.netnsFd);
    });
  });
}

export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: Uint8Array;
  /** Interface index of the new bridge or VRF; 0 takes it out. */
  readonly master?: number;
}

export function encodeSetLink(ifindex: number, change: LinkChange): Uint8Array {
  const writer = new MessageWriter(MessageType.newLink, MessageFlag.ack);
  interfaceHeader(writer, ifindex, change.up);
  if (change.mac !== undefined) writer.attribute(LinkAttribute.address, change.mac);
  if (change.mtu !== undefined) writer.attributeU32(LinkAttribute.mtu, change.mtu);
  if (change.master !== undefined) writer.attributeU32(LinkAttribute.master, change.master);
  return writer.finish();
}

export function encodeDeleteLink(ifindex: number): Uint8Array {
  return interfaceHeader(new MessageWriter(MessageType.deleteLink, MessageFlag.ack), ifindex).finish();
}

function newLink(name: string, kind: string, up: boolean, writeData: (writer: MessageWriter) => void): Uint8Array {
  const flags = MessageFlag.ack | MessageFlag.create | MessageFlag.exclusive;
  const writer = new MessageWriter(MessageType.newLink, flags);
  interfaceHeader(writer, 0, up || undefined).attributeText(LinkAttribute.name, name);
  writer.nest(LinkAttribute.linkInfo, () => {
    writer.attributeText(LinkInfoAttribute.kind, kind);
    writer.nest(LinkInfoAttribute.data, () => writeData(writer));
  });
  return writer.finish();
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
