// Super-packets of the tunnel out whole: the kernel, or the NIC, cuts them where it has to, as it does for its own vxlan
// device. No socket takes them, but a TAP device does since Linux 6.17, and a program sends them on from there. Refuses
// what needs a checksum in the outer header. Where all this cannot be had, segments are sent.

import { readFileSync } from "node:fs";
import { ConfigFlag, Family } from "../../abi/generated.js";
import type { Netns } from "../../native/bpf.js";
import type { GsoDevice as Device } from "../../native/frames.js";
import { BpfLink, BpfObject, GsoDevice } from "../../native/index.js";
import type { VtepSettings } from "../../tables/tables.js";
import { readU16, writeU16 } from "../../wire/bytes.js";
import { addToSum, checksumOf } from "../../wire/checksum.js";
import { ETHERNET_HEADER_BYTES } from "../../wire/ethernet.js";
import { IPV4_DF, IPV4_HEADER_BYTES, Ipv4, Udp } from "../../wire/ip.js";

const OBJECT = new URL("../../../build/bpf/vtep_relay.bpf.o", import.meta.url);
const DEVICE = "vtepd-gso";
/** The program's variables; libbpf cuts the object's name off. */
const VARIABLES = "vtep_rel.bss";
const EGRESS_IFINDEX = 0;
const FAILURES = 1;

/** struct virtio_net_hdr_v1_hash_tunnel */
const VnetHeader = {
  FLAGS: 0,
  GSO_TYPE: 1,
  HEADER_BYTES: 2,
  GSO_SIZE: 4,
  CHECKSUM_START: 6,
  CHECKSUM_OFFSET: 8,
  OUTER_TRANSPORT: 20,
  INNER_NETWORK: 22,
  SIZE: 24,
} as const;
const NEEDS_CHECKSUM = 1;
const TUNNEL_IPV4 = 0x20;

const OUTER_IP = ETHERNET_HEADER_BYTES;
const OUTER_UDP = OUTER_IP + IPV4_HEADER_BYTES;
/** What the length field of an IP header can say. */
const LARGEST_PACKET = 0xffff;

/** Of a super-packet: positions count from the first byte of its outer Ethernet header. */
export interface SuperPacket {
  readonly gsoType: number;
  /** Payload of each segment. */
  readonly segmentBytes: number;
  readonly innerIp: number;
  readonly innerTransport: number;
  /** Of the partial checksum, from `innerTransport` on. */
  readonly checksumField: number;
  /** Where the payload begins. */
  readonly headerBytes: number;
}

/** Do headers like these leave a super-packet whole? Otherwise each segment needs an outer checksum of its own. */
export function mayStayWhole({ family, flags }: VtepSettings): boolean {
  return family === Family.IPV4 && (flags & ConfigFlag.UDP_CHECKSUM) === 0;
}

export class SuperPackets {
  private readonly handles: { close(): void }[] = [];
  private readonly device: Device;
  /** struct relay of the program. */
  private readonly relay: Int32Array;

  /** Throws where the kernel has no such thing. */
  constructor(netns: Netns) {
    try {
      this.device = this.keep(new GsoDevice({ name: DEVICE, netns }));
      const object = this.keep(BpfObject.load(readFileSync(OBJECT), { name: "vtep_relay" }));
      const program = this.keep(object.program("vtep_relay"));
      this.keep(BpfLink.attachTcx(program, this.device.ifindex, { direction: "ingress", netns }));
      this.relay = new Int32Array(this.keep(object.map(VARIABLES)).mmap());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Finishes the outer lengths, which are those of the first segment, and sends. Needs 24 bytes in front of the frame.
   * False where the kernel refuses it, or the interface is down.
   */
  send(ifindex: number, bytes: Uint8Array, offset: number, length: number, packet: SuperPacket): boolean {
    writeOuterLengths(bytes, offset, length);
    describe(bytes, offset - VnetHeader.SIZE, packet);
    const { relay } = this;
    relay[EGRESS_IFINDEX] = ifindex;
    const failures = relay[FAILURES]!;
    return this.device.send(bytes, offset - VnetHeader.SIZE, length + VnetHeader.SIZE) && relay[FAILURES] === failures;
  }

  close(): void {
    for (const handle of this.handles.splice(0).reverse()) handle.close();
  }

  private keep<T extends { close(): void }>(handle: T): T {
    this.handles.push(handle);
    return handle;
  }
}

/** Whether the lengths of such a frame can be written at all. */
export function fitsOuterLength(length: number): boolean {
  return length - ETHERNET_HEADER_BYTES <= LARGEST_PACKET;
}

/** May routers cut the packet? Then each of its segments has an ID of its own. */
export function mayBeFragmented(bytes: Uint8Array, offset: number): boolean {
  return (readU16(bytes, offset + OUTER_IP + Ipv4.FRAGMENT) & IPV4_DF) === 0;
}

function writeOuterLengths(bytes: Uint8Array, offset: number, length: number): void {
  const ip = offset + OUTER_IP;
  writeU16(bytes, ip + Ipv4.TOTAL_LENGTH, length - OUTER_IP);
  writeU16(bytes, ip + Ipv4.CHECKSUM, 0);
  writeU16(bytes, ip + Ipv4.CHECKSUM, checksumOf(addToSum(0, bytes, ip, IPV4_HEADER_BYTES)));
  writeU16(bytes, offset + OUTER_UDP + Udp.LENGTH, length - OUTER_UDP);
}

function describe(bytes: Uint8Array, at: number, packet: SuperPacket): void {
  bytes.fill(0, at, at + VnetHeader.SIZE);
  bytes[at + VnetHeader.FLAGS] = NEEDS_CHECKSUM;
  bytes[at + VnetHeader.GSO_TYPE] = packet.gsoType | TUNNEL_IPV4;
  writeLittle(bytes, at + VnetHeader.HEADER_BYTES, packet.headerBytes);
  writeLittle(bytes, at + VnetHeader.GSO_SIZE, packet.segmentBytes);
  writeLittle(bytes, at + VnetHeader.CHECKSUM_START, packet.innerTransport);
  writeLittle(bytes, at + VnetHeader.CHECKSUM_OFFSET, packet.checksumField);
  writeLittle(bytes, at + VnetHeader.OUTER_TRANSPORT, OUTER_UDP);
  writeLittle(bytes, at + VnetHeader.INNER_NETWORK, packet.innerIp);
}

function writeLittle(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = value >>> 8;
}
