// Where the headers of a frame stand, down to TCP or UDP: for cutting super-packets and for completing checksums. Knows
// Ethernet with up to two tags, IPv4, IPv6 with extension headers, and all of that again inside one VXLAN packet.

import { readU16 } from "../../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType, VLAN_TAG_BYTES } from "../../wire/ethernet.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, UDP_HEADER_BYTES } from "../../wire/ip.js";
import { VXLAN_HEADER_BYTES } from "../../wire/vxlan.js";

const TCP_HEADER_BYTES = 20;
const TCP_DATA_OFFSET = 12;
/** No such header. */
export const ABSENT = -1;
/** Hop-by-hop options, routing, destination options (RFC 8200 §4). */
const EXTENSION_HEADERS: readonly number[] = [0, 43, 60];
const MAX_EXTENSIONS = 8;
const MAX_TAGS = 2;

/** Positions count from the first byte of the frame. */
export class FrameHeaders {
  /** The IP header that the transport header belongs to, and the one of a VXLAN packet around it. */
  ip = ABSENT;
  outerIp = ABSENT;
  outerUdp = ABSENT;
  transport = ABSENT;
  protocol = 0;
  /** Bytes in front of the payload; set by findPayload. */
  headerBytes = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private length = 0;
  /** Set by findIp and findTransport, beside what they return. */
  private nextProtocol = 0;

  /** Finds IP and transport header of the frame, not looking into tunnels. False where it has none, or they are cut off. */
  read(bytes: Uint8Array, start: number, length: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.outerIp = ABSENT;
    this.outerUdp = ABSENT;
    return this.readFrame(0);
  }

  /** Goes on into the VXLAN packet whose outer headers read() found. False where this is none, or holds no IP. */
  enterTunnel(): boolean {
    if (this.protocol !== Protocol.UDP) return false;
    this.outerIp = this.ip;
    this.outerUdp = this.transport;
    return this.readFrame(this.transport + UDP_HEADER_BYTES + VXLAN_HEADER_BYTES);
  }

  /** False where no payload follows the transport header. */
  findPayload(): boolean {
    const { transport } = this;
    this.headerBytes = transport + UDP_HEADER_BYTES;
    if (this.protocol === Protocol.TCP) {
      if (!this.has(transport, TCP_HEADER_BYTES)) return false;
      const headerBytes = (this.byte(transport + TCP_DATA_OFFSET) >>> 4) * 4;
      if (headerBytes < TCP_HEADER_BYTES) return false;
      this.headerBytes = transport + headerBytes;
    }
    return this.headerBytes < this.length;
  }

  isIpv6(ip: number): boolean {
    return this.byte(ip) >>> 4 === 6;
  }

  private readFrame(at: number): boolean {
    this.ip = this.findIp(at);
    this.transport = this.ip === ABSENT ? ABSENT : this.findTransport(this.ip);
    this.protocol = this.nextProtocol;
    return this.transport !== ABSENT && this.has(this.transport, UDP_HEADER_BYTES);
  }

  /** `nextProtocol` then is the Ethertype. */
  private findIp(frameAt: number): number {
    let at = frameAt + ETHERNET_HEADER_BYTES;
    if (!this.has(frameAt, ETHERNET_HEADER_BYTES)) return ABSENT;
    let etherType = this.readU16(at - 2);
    for (let tags = 0; tags < MAX_TAGS; tags++) {
      if (etherType !== EtherType.VLAN && etherType !== EtherType.SERVICE_VLAN) break;
      if (!this.has(at, VLAN_TAG_BYTES)) return ABSENT;
      etherType = this.readU16(at + 2);
      at += VLAN_TAG_BYTES;
    }
    this.nextProtocol = etherType;
    return at;
  }

  private findTransport(ip: number): number {
    if (this.nextProtocol === EtherType.IPV4 && this.has(ip, IPV4_HEADER_BYTES)) {
      const headerBytes = (this.byte(ip) & 0xf) * 4;
      this.nextProtocol = this.byte(ip + Ipv4.PROTOCOL);
      return headerBytes < IPV4_HEADER_BYTES ? ABSENT : ip + headerBytes;
    }
    if (this.nextProtocol !== EtherType.IPV6 || !this.has(ip, IPV6_HEADER_BYTES)) return ABSENT;
    this.nextProtocol = this.byte(ip + Ipv6.NEXT_HEADER);
    return this.skipExtensions(ip + IPV6_HEADER_BYTES);
  }

  private skipExtensions(at: number): number {
    for (let count = 0; count < MAX_EXTENSIONS; count++) {
      if (!EXTENSION_HEADERS.includes(this.nextProtocol)) return at;
      if (!this.has(at, 8)) return ABSENT;
      this.nextProtocol = this.byte(at);
      at += (this.byte(at + 1) + 1) * 8;
    }
    return ABSENT;
  }

  private has(at: number, count: number): boolean {
    return at + count <= this.length;
  }

  private byte(at: number): number {
    return this.bytes[this.start + at]!;
  }

  private readU16(at: number): number {
    return readU16(this.bytes, this.start + at);
  }
}
