// Cuts a GSO super-packet into the frames that the kernel's own software segmentation would make of it (Linux
// tcp_gso_segment, __udp_gso_segment, inet_gso_segment, skb_udp_tunnel_segment): lengths, sequence numbers, IPv4 IDs
// counting up, FIN and PSH on the last segment only, CWR on the first only (RFC 3168 §6.1.2), checksums complete.
// Writes into one pool and allocates nothing per segment.

import { HEADROOM_BYTES } from "../../engine/execute.js";
import { GSO_ECN, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4 } from "../../native/descriptor.js";
import { readI32, readU16, writeI32, writeU16 } from "../../wire/bytes.js";
import { addToSum, checksumOf, pseudoHeaderSum, udpChecksumOf } from "../../wire/checksum.js";
import { IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, Udp } from "../../wire/ip.js";
import { copyAndSum } from "./copy_sum.js";
import { ABSENT, FrameHeaders } from "./frame_headers.js";
import { type FramePool, framePool } from "./frame_pool.js";

const Tcp = { SEQUENCE: 4, FLAGS: 13, CHECKSUM: 16 } as const;
const TCP_FIN_PSH = 0x09;
const TCP_CWR = 0x80;
/** A sender with a smaller segment size than TCP allows would have us make thousands of frames of one. */
const MAX_SEGMENTS = 2048;
const POOL_BYTES = 512 * 1024;

/** ABSENT where segments of this type are not ours to make (UFO cuts IP fragments). */
function protocolOf(gsoType: number): number {
  if (gsoType === GSO_TCPV4 || gsoType === GSO_TCPV6) return Protocol.TCP;
  return gsoType === GSO_UDP_L4 ? Protocol.UDP : ABSENT;
}

export class Segmenter {
  readonly pool: FramePool = framePool(new Uint8Array(POOL_BYTES));
  /** The segment that next() made: its place in the pool. */
  offset = 0;
  length = 0;
  private used = 0;
  private readonly headers = new FrameHeaders();
  private source: FramePool = this.pool;
  private start = 0;
  private payloadBytes = 0;
  private segmentBytes = 0;
  private index = 0;
  private count = 0;
  private tunnelChecksum = false;

  /**
   * Takes a super-packet, which must stay where it is until its last segment is cut. `checksumStart` is where its partial
   * checksum begins, counted from the frame's first byte, or ABSENT. Returns the number of segments; 0 where this is
   * nothing that we can cut.
   */
  begin(
    source: FramePool,
    start: number,
    length: number,
    gsoType: number,
    gsoSize: number,
    checksumStart: number,
  ): number {
    const { headers } = this;
    if (gsoSize === 0 || !headers.read(source.bytes, start, length)) return 0;
    if (!this.findCut(gsoType & ~GSO_ECN, checksumStart)) return 0;
    this.source = source;
    this.start = start;
    this.payloadBytes = length - headers.headerBytes;
    this.segmentBytes = gsoSize;
    this.index = 0;
    this.count = Math.ceil(this.payloadBytes / gsoSize);
    const { outerUdp } = headers;
    this.tunnelChecksum = outerUdp !== ABSENT && readU16(source.bytes, start + outerUdp + Udp.CHECKSUM) !== 0;
    return this.count <= MAX_SEGMENTS && this.largestFits() ? this.count : 0;
  }

  /** Cuts the next segment. False where the pool is full: send what was cut, rewind, and call again. */
  next(): boolean {
    const { headers, index, segmentBytes } = this;
    const done = index * segmentBytes;
    const payload = Math.min(segmentBytes, this.payloadBytes - done);
    const payloadFrom = this.start + headers.headerBytes + done;
    // The payload lands at the same place within a word, so that words can be copied.
    const earliest = this.used + HEADROOM_BYTES + headers.headerBytes;
    const payloadTo = earliest + ((payloadFrom - earliest) & 3);
    if (payloadTo + payload > POOL_BYTES) return false;
    this.offset = payloadTo - headers.headerBytes;
    this.length = headers.headerBytes + payload;
    this.used = payloadTo + payload;
    this.index = index + 1;
    this.copyHeaders();
    const payloadSum = copyAndSum(this.source, payloadFrom, this.pool, payloadTo, payload);
    this.finishHeaders(index, done, payloadSum);
    return true;
  }

  /** The frames cut so far have been sent: their room may be used again. */
  rewind(): void {
    this.used = 0;
  }

  /** Whose payload is cut: the frame's own, or that of a frame in a tunnel, as a kernel VTEP and GRO deliver. */
  private findCut(gsoType: number, checksumStart: number): boolean {
    const { headers } = this;
    const wanted = protocolOf(gsoType);
    const inside = headers.protocol !== wanted || (checksumStart !== ABSENT && checksumStart !== headers.transport);
    if (inside && !headers.enterTunnel()) return false;
    return headers.protocol === wanted && headers.findPayload();
  }

  private largestFits(): boolean {
    return this.headers.headerBytes + Math.min(this.segmentBytes, this.payloadBytes) + HEADROOM_BYTES + 4 <= POOL_BYTES;
  }

  private copyHeaders(): void {
    const from = this.source.bytes;
    const to = this.pool.bytes;
    const shift = this.offset - this.start;
    const end = this.start + this.headers.headerBytes;
    for (let at = this.start; at < end; at++) to[at + shift] = from[at]!;
  }

  private finishHeaders(index: number, done: number, payloadSum: number): void {
    const { headers } = this;
    this.finishIp(headers.ip, index);
    if (headers.protocol === Protocol.TCP) this.finishTcp(index, done, payloadSum);
    else this.finishUdp(payloadSum);
    if (headers.outerIp === ABSENT) return;
    this.finishIp(headers.outerIp, index);
    this.finishTunnel(payloadSum);
  }

  private finishIp(ip: number, index: number): void {
    const { bytes } = this.pool;
    const at = this.offset + ip;
    if (this.headers.isIpv6(ip)) {
      writeU16(bytes, at + Ipv6.PAYLOAD_LENGTH, this.length - ip - IPV6_HEADER_BYTES);
      return;
    }
    writeU16(bytes, at + Ipv4.TOTAL_LENGTH, this.length - ip);
    writeU16(bytes, at + Ipv4.ID, readU16(bytes, at + Ipv4.ID) + index);
    writeU16(bytes, at + Ipv4.CHECKSUM, 0);
    writeU16(bytes, at + Ipv4.CHECKSUM, checksumOf(addToSum(0, bytes, at, (bytes[at]! & 0xf) * 4)));
  }

  private finishTcp(index: number, done: number, payloadSum: number): void {
    const { bytes } = this.pool;
    const at = this.offset + this.headers.transport;
    writeI32(bytes, at + Tcp.SEQUENCE, readI32(bytes, at + Tcp.SEQUENCE) + done);
    let flags = bytes[at + Tcp.FLAGS]!;
    if (index !== 0) flags &= ~TCP_CWR;
    if (index !== this.count - 1) flags &= ~TCP_FIN_PSH;
    bytes[at + Tcp.FLAGS] = flags;
    writeU16(bytes, at + Tcp.CHECKSUM, 0);
    writeU16(bytes, at + Tcp.CHECKSUM, checksumOf(this.transportSum(payloadSum)));
  }

  private finishUdp(payloadSum: number): void {
    const { bytes } = this.pool;
    const at = this.offset + this.headers.transport;
    writeU16(bytes, at + Udp.LENGTH, this.length - this.headers.transport);
    if (readU16(bytes, at + Udp.CHECKSUM) === 0) return;
    writeU16(bytes, at + Udp.CHECKSUM, 0);
    writeU16(bytes, at + Udp.CHECKSUM, udpChecksumOf(this.transportSum(payloadSum)));
  }

  /** Sum over pseudo header, transport header and payload. */
  private transportSum(payloadSum: number): number {
    const { transport, headerBytes, ip, protocol } = this.headers;
    const pseudo = this.pseudoSum(ip, protocol, this.length - transport);
    return addToSum(pseudo, this.pool.bytes, this.offset + transport, headerBytes - transport) + payloadSum;
  }

  private pseudoSum(ip: number, protocol: number, length: number): number {
    const at = this.offset + ip;
    const { bytes } = this.pool;
    if (this.headers.isIpv6(ip)) return pseudoHeaderSum(bytes, at + Ipv6.SOURCE, 16, protocol, length);
    return pseudoHeaderSum(bytes, at + Ipv4.SOURCE, 4, protocol, length);
  }

  /** The outer UDP header of a VXLAN packet; a zero checksum stays zero (RFC 7348 §5). */
  private finishTunnel(payloadSum: number): void {
    const { outerUdp, outerIp, headerBytes } = this.headers;
    const { bytes } = this.pool;
    const at = this.offset + outerUdp;
    const length = this.length - outerUdp;
    writeU16(bytes, at + Udp.LENGTH, length);
    if (!this.tunnelChecksum) return;
    writeU16(bytes, at + Udp.CHECKSUM, 0);
    const sum = addToSum(this.pseudoSum(outerIp, Protocol.UDP, length), bytes, at, headerBytes - outerUdp);
    writeU16(bytes, at + Udp.CHECKSUM, udpChecksumOf(sum + payloadSum));
  }
}
