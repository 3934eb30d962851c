/**
 * Interfaces: RTM_NEWLINK and RTM_DELLINK, what we read of them (struct ifinfomsg, linux/if_link.h).
 *
 * Trap: a bridge announces a port that leaves it with RTM_DELLINK of family AF_BRIDGE. Only family AF_UNSPEC speaks
 * of the interface itself; decodeMessage keeps the two apart.
 */
import { formatMacBytes } from "./address_text.js";
import { Attributes } from "./attributes.js";
import { type BridgeData, type BridgePortData, decodeBridgeData, decodeBridgePortData } from "./bridge_link.js";
import { AddressFamily } from "./header.js";
import { decodeVxlanData, type VxlanData } from "./vxlan_link.js";

export const LINK_HEADER_SIZE = 16;

/** IFF_*, those that matter here. */
export const LinkFlag = { up: 0x1, loopback: 0x8, running: 0x40, noArp: 0x80, lowerUp: 0x10000 } as const;

/** ARPHRD_ETHER. */
export const ETHERNET_HARDWARE = 1;

export const LinkAttribute = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  bridgePort: 12,
  txQueueLength: 13,
  operState: 16,
  linkInfo: 18,
  netnsPid: 19,
  alias: 20,
  perFamily: 26,
  group: 27,
  netnsFd: 28,
  extMask: 29,
  txQueues: 31,
  rxQueues: 32,
  linkNetnsId: 37,
  minMtu: 50,
  maxMtu: 51,
  parentDeviceName: 56,
  parentBusName: 57,
} as const;

export const LinkInfoAttribute = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const;
/** IFLA_INET6_ADDR_GEN_MODE, inside the part of AF_INET6. */
export const ADDRESS_GENERATION = 8;
export const VRF_TABLE = 1;
const VLAN_ID = 1;

/** IN6_ADDR_GEN_MODE_*: whether the kernel gives the interface a link-local address by itself. */
export const AddressGeneration = { eui64: 0, none: 1 } as const;

export interface LinkMessage {
  readonly family: number;
  readonly ifindex: number;
  readonly name: string;
  /** ARPHRD_*. */
  readonly hardwareType: number;
  /** IFF_*, see LinkFlag. */
  readonly flags: number;
  /** IF_OPER_* (RFC 2863): 2 down, 6 up, 0 unknown. */
  readonly operState: number | undefined;
  /** Lower-case text; null where the interface has no 6-byte address. */
  readonly mac: string | null;
  readonly mtu: number;
  readonly maxMtu: number | undefined;
  /** Interface index of the bridge, bond or VRF it belongs to; 0 = none. */
  readonly master: number;
  /** Interface index of the lower device, or of a veth's peer; 0 = none. Counted in the namespace linkNetnsId if set. */
  readonly link: number;
  readonly linkNetnsId: number | undefined;
  readonly txQueueLength: number | undefined;
  /** "veth", "vxlan", "bridge", "vlan", "tun"...; null for what no link kind made, such as hardware and lo. */
  readonly kind: string | null;
  /** Kind of the master as seen from its port: "bridge", "bond", "vrf". */
  readonly slaveKind: string | null;
  /** Bus of the hardware behind it ("pci", "virtio"); null for software devices. */
  readonly parentBus: string | null;
  readonly vxlan: VxlanData | null;
  /** Of a bridge. */
  readonly bridge: BridgeData | null;
  /** Of an interface in a bridge. */
  readonly bridgePort: BridgePortData | null;
  /** Routing table of a VRF device. */
  readonly vrfTable: number | undefined;
  /** Free text (ip link set alias); "" = none. */
  readonly alias: string;
  /** Free number (ip link set group); 0 by default. */
  readonly group: number;
  /** See AddressGeneration; undefined where the interface has no IPv6. */
  readonly addressGeneration: number | undefined;
  readonly vlanId: number | undefined;
}

export function decodeLink(view: DataView, start: number, end: number): LinkMessage | null {
  if (end - start < LINK_HEADER_SIZE) return null;
  const attributes = Attributes.read(view, start + LINK_HEADER_SIZE, end);
  if (attributes === null) return null;
  const family = view.getUint8(start);
  const info = readLinkInfo(attributes.nested(LinkAttribute.linkInfo));
  return {
    family,
    hardwareType: view.getUint16(start + 2, true),
    ifindex: view.getInt32(start + 4, true),
    flags: view.getUint32(start + 8, true),
    ...readAttributes(attributes),
    ...info,
    bridgePort:
      family === AddressFamily.bridge ? readPort(attributes.nested(LinkAttribute.bridgePort)) : info.bridgePort,
  };
}

function readAttributes(attributes: Attributes) {
  const mac = attributes.bytes(LinkAttribute.address);
  return {
    name: attributes.text(LinkAttribute.name) ?? "",
    operState: attributes.u8(LinkAttribute.operState),
    mac: mac !== null && mac.length === 6 ? formatMacBytes(mac) : null,
    mtu: attributes.u32(LinkAttribute.mtu) ?? 0,
    maxMtu: attributes.u32(LinkAttribute.maxMtu),
    master: attributes.u32(LinkAttribute.master) ?? 0,
    link: attributes.u32(LinkAttribute.link) ?? 0,
    linkNetnsId: attributes.u32(LinkAttribute.linkNetnsId),
    txQueueLength: attributes.u32(LinkAttribute.txQueueLength),
    parentBus: attributes.text(LinkAttribute.parentBusName) ?? null,
    alias: attributes.text(LinkAttribute.alias) ?? "",
    group: attributes.u32(LinkAttribute.group) ?? 0,
    addressGeneration: attributes.nested(LinkAttribute.perFamily)?.nested(AddressFamily.ipv6)?.u8(ADDRESS_GENERATION),
  };
}

function readPort(data: Attributes | null): BridgePortData | null {
  return data === null ? null : decodeBridgePortData(data);
}

function readLinkInfo(info: Attributes | null) {
  const kind = info?.text(LinkInfoAttribute.kind) ?? null;
  const data = info?.nested(LinkInfoAttribute.data) ?? null;
  const slaveKind = info?.text(LinkInfoAttribute.slaveKind) ?? null;
  return {
    kind,
    slaveKind,
    bridge: kind === "bridge" && data !== null ? decodeBridgeData(data) : null,
    bridgePort: slaveKind === "bridge" ? readPort(info?.nested(LinkInfoAttribute.slaveData) ?? null) : null,
    vrfTable: kind === "vrf" ? data?.u32(VRF_TABLE) : undefined,
    vxlan: kind === "vxlan" && data !== null ? decodeVxlanData(data) : null,
    vlanId: kind === "vlan" ? data?.u16(VLAN_ID) : undefined,
  };
}
