// Where the headers of a GSO super-packet stand. A super-packet is one frame that carries the payload of many: the
// sender's kernel leaves the cutting to the last moment, and a packet socket is such a moment. Knows Ethernet with up to
// two tags, IPv4, IPv6 with extension headers, and TCP or UDP behind them, plain or inside one VXLAN packet: a kernel VTEP
// on the same machine, and GRO, deliver those.

import { GSO_ECN, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4 } from "../../native/descriptor.js";
import { readU16 } from "../../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType, VLAN_TAG_BYTES } from "../../wire/ethernet.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, UDP_HEADER_BYTES } from "../../wire/ip.js";
import { VXLAN_HEADER_BYTES } from "../../wire/vxlan.js";

export const TCP_HEADER_BYTES = 20;
const TCP_DATA_OFFSET = 12;
/** No such header. */
export const ABSENT = -1;
/** Hop-by-hop options, routing, destination options (RFC 8200 §4). */
const EXTENSION_HEADERS: readonly number[] = [0, 43, 60];
const MAX_EXTENSIONS = 8;
const MAX_TAGS = 2;

/** Positions count from the first byte of the frame. */
export class SuperPacket {
  /** The IP header that the transport header belongs to, and the one of a VXLAN packet around it. */
  ip = ABSENT;
  outerIp = ABSENT;
  outerUdp = ABSENT;
  transport = ABSENT;
  protocol = 0;
  headerBytes = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private length = 0;
  /** Set by findIp and findTransport, beside what they return. */
  private nextProtocol = 0;

  /**
   * Reads the headers of the frame. `checksumStart` is where the partial checksum begins, counted from the frame's first
   * byte, or ABSENT; it tells UDP inside a tunnel from the tunnel's own. False where this is nothing we can cut.
   */
  parse(bytes: Uint8Array, start: number, length: number, gsoType: number, checksumStart: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.outerIp = ABSENT;
    this.outerUdp = ABSENT;
    const type = gsoType & ~GSO_ECN;
    const wanted =
      type === GSO_TCPV4 || type === GSO_TCPV6 ? Protocol.TCP : type === GSO_UDP_L4 ? Protocol.UDP : ABSENT;
    if (wanted === ABSENT || !this.parseFrame(0)) return false;
    const tunnelled = this.protocol !== wanted || (checksumStart !== ABSENT && checksumStart !== this.transport);
    if (tunnelled && !this.parseTunnel()) return false;
    return this.protocol === wanted && this.findPayload();
  }

  private parseTunnel(): boolean {
    if (this.protocol !== Protocol.UDP) return false;
    this.outerIp = this.ip;
    this.outerUdp = this.transport;
    return this.parseFrame(this.transport + UDP_HEADER_BYTES + VXLAN_HEADER_BYTES);
  }

  private parseFrame(at: number): boolean {
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

  private findPayload(): boolean {
    const { transport } = this;
    if (this.protocol === Protocol.UDP) this.headerBytes = transport + UDP_HEADER_BYTES;
    else {
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
