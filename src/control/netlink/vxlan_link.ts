/** IFLA_INFO_DATA of a kernel vxlan device, both ways (enum IFLA_VXLAN_*, linux/if_link.h). */
import type { Attributes } from "./attributes.js";
import type { MessageWriter } from "./message_writer.js";

const VXLAN = {
  vni: 1,
  remote: 2,
  link: 3,
  local: 4,
  learning: 7,
  portRange: 10,
  port: 15,
  remote6: 16,
  local6: 17,
  collectMetadata: 25,
  vniFilter: 30,
} as const;

export interface VxlanData {
  /** 0 for an external device, which takes the VNI from each packet's metadata. */
  readonly vni: number;
  readonly local: Uint8Array | null;
  /** Unicast remote or multicast group. */
  readonly remote: Uint8Array | null;
  /** Interface index in the namespace of its socket; the device goes when that interface goes. 0 = none. */
  readonly link: number;
  readonly udpPort: number;
  readonly learning: boolean;
  readonly external: boolean;
  readonly vniFilter: boolean;
}

export function decodeVxlanData(data: Attributes): VxlanData {
  return {
    vni: data.u32(VXLAN.vni) ?? 0,
    local: data.ip(VXLAN.local) ?? data.ip(VXLAN.local6),
    remote: data.ip(VXLAN.remote) ?? data.ip(VXLAN.remote6),
    link: data.u32(VXLAN.link) ?? 0,
    udpPort: data.u16be(VXLAN.port) ?? 0,
    learning: data.u8(VXLAN.learning) === 1,
    external: data.u8(VXLAN.collectMetadata) === 1,
    vniFilter: data.u8(VXLAN.vniFilter) === 1,
  };
}

export interface NewVxlan {
  readonly udpPort: number;
  readonly learning: boolean;
  /** The device takes its VNI from packet metadata; then vni stays out. */
  readonly external?: boolean;
  readonly vni?: number;
  readonly local?: Uint8Array;
  /** As of VxlanData. */
  readonly link?: number;
  /** First and last outer UDP source port. */
  readonly sourcePorts?: readonly [number, number];
}

export function writeVxlanData(writer: MessageWriter, vxlan: NewVxlan): void {
  if (vxlan.vni !== undefined) writer.attributeU32(VXLAN.vni, vxlan.vni);
  if (vxlan.local !== undefined) {
    writer.attribute(vxlan.local.length === 4 ? VXLAN.local : VXLAN.local6, vxlan.local);
  }
  if (vxlan.link !== undefined) writer.attributeU32(VXLAN.link, vxlan.link);
  writer.attributeU8(VXLAN.learning, vxlan.learning ? 1 : 0);
  writer.attributeU16be(VXLAN.port, vxlan.udpPort);
  if (vxlan.sourcePorts !== undefined) {
    const [first, last] = vxlan.sourcePorts;
    writer.attribute(VXLAN.portRange, Uint8Array.of(first >>> 8, first & 0xff, last >>> 8, last & 0xff));
  }
  if (vxlan.external === true) writer.attributeU8(VXLAN.collectMetadata, 1);
}
