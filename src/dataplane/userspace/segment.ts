// Cuts a GSO super-packet into the frames that the kernel's own software segmentation would make of it (Linux
// tcp_gso_segment, __udp_gso_segment, inet_gso_segment, skb_udp_tunnel_segment): lengths, sequence numbers, IPv4 IDs
// counting up, FIN and PSH on the last segment only, CWR on the first only (RFC 3168 §6.1.2), checksums complete or, where
// whoever sends the segments on can do that, partial. Writes into one pool and allocates nothing per segment.

import { HEADROOM_BYTES } from "../../engine/execute.js";
import {
  DESC_CHECKSUM_START,
  DESC_FLAGS,
  DESC_GSO_SIZE,
  DESC_GSO_TYPE,
  DESC_LENGTH,
  DESC_OFFSET,
  FRAME_CHECKSUM_PARTIAL,
  GSO_ECN,
  GSO_TCPV4,
  GSO_TCPV6,
  GSO_UDP_L4,
} from "../../native/descriptor.js";
import { readI32, readU16, writeI32, writeU16 } from "../../wire/bytes.js";
import { addToSum, checksumOf, foldSum, pseudoHeaderSum, udpChecksumOf } from "../../wire/checksum.js";
import { IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, Udp } from "../../wire/ip.js";
import { CHECKSUM_COMPLETE } from "../io/transmit.js";
import { copyAndSum, copyWords } from "./copy_sum.js";
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
  private readonly pool: FramePool = framePool(new Uint8Array(POOL_BYTES));
  /** The frame that next() or rejoin() made: in which buffer, and where. */
  bytes: Uint8Array = this.pool.bytes;
  offset = 0;
  length = 0;
  /** Where its partial checksum begins in the buffer, and where it stands from there; meaningless for complete ones. */
  checksumStart = 0;
  checksumField = 0;
  /** Where the IP header and the payload of what rejoin() made begin in the buffer. */
  ipStart = 0;
  payloadStart = 0;
  private used = 0;
  private readonly headers = new FrameHeaders();
  private source: FramePool = this.pool;
  private start = 0;
  /** Of the whole super-packet, and of each segment but the last. */
  payloadBytes = 0;
  segmentBytes = 0;
  private index = 0;
  private count = 0;
  private complete = true;
  private tunnelChecksum = false;

  /**
   * Takes the super-packet of a descriptor (at word `word`), which must stay where it is until its last segment is cut.
   * Segments whose checksums are not to be complete have no valid outer one in a tunnel either. Returns the number of
   * segments; 0 where this is nothing that we can cut.
   */
  begin(source: FramePool, descriptors: Int32Array, word: number, complete: boolean): number {
    const { headers } = this;
    const gsoSize = descriptors[word + DESC_GSO_SIZE]!;
    this.source = source;
    this.start = descriptors[word + DESC_OFFSET]!;
    const length = descriptors[word + DESC_LENGTH]!;
    if (gsoSize === 0 || !headers.read(source.bytes, this.start, length) || !this.findCut(descriptors, word)) return 0;
    this.payloadBytes = length - headers.headerBytes;
    this.segmentBytes = gsoSize;
    this.index = 0;
    this.count = Math.ceil(this.payloadBytes / gsoSize);
    this.complete = complete;
    this.checksumField = headers.protocol === Protocol.TCP ? Tcp.CHECKSUM : Udp.CHECKSUM;
    const { outerUdp } = headers;
    this.tunnelChecksum =
      complete && outerUdp !== ABSENT && readU16(source.bytes, this.start + outerUdp + Udp.CHECKSUM) !== 0;
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
    this.bytes = this.pool.bytes;
    this.index = index + 1;
    this.copyHeaders();
    this.checksumStart = this.offset + headers.transport;
    const payloadSum = this.copyPayload(payloadFrom, payloadTo, payload);
    this.finishHeaders(index, done, payloadSum);
    return true;
  }

  /**
   * The super-packet whole again, to be sent as one, behind the headers that its first segment has got since it was cut:
   * those begin at `headersAt` of that segment's buffer. Lies where the super-packet was received, with a partial
   * checksum. False where its transport has no checksum, which the kernel does not segment.
   */
  rejoin(headersAt: number): boolean {
    const { headers, source } = this;
    const isTcp = headers.protocol === Protocol.TCP;
    if (!isTcp && readU16(this.bytes, this.offset + headers.transport + Udp.CHECKSUM) === 0) return false;
    const flags = source.bytes[this.start + headers.transport + Tcp.FLAGS]!;
    const shift = this.start - this.offset;
    const payloadAt = this.offset + headers.headerBytes;
    for (let at = headersAt; at < payloadAt; at++) source.bytes[at + shift] = this.bytes[at]!;
    this.bytes = source.bytes;
    this.offset = this.start;
    this.length = headers.headerBytes + this.payloadBytes;
    this.checksumStart = this.start + headers.transport;
    this.ipStart = this.start + headers.ip;
    this.payloadStart = this.start + headers.headerBytes;
    this.complete = false;
    this.finishIp(headers.ip, 0);
    if (isTcp) this.bytes[this.checksumStart + Tcp.FLAGS] = flags;
    else writeU16(this.bytes, this.checksumStart + Udp.LENGTH, this.length - headers.transport);
    this.writeChecksum(0, !isTcp);
    this.length -= headersAt + shift - this.offset;
    this.offset = headersAt + shift;
    return true;
  }

  /** Did the super-packet come through a tunnel? */
  get tunnelled(): boolean {
    return this.headers.outerIp !== ABSENT;
  }

  /** The frames cut so far have been sent: their room may be used again. */
  rewind(): void {
    this.used = 0;
  }

  /** Whose payload is cut: the frame's own, or that of a frame in a tunnel, as a kernel VTEP and GRO deliver. */
  private findCut(descriptors: Int32Array, word: number): boolean {
    const { headers } = this;
    const wanted = protocolOf(descriptors[word + DESC_GSO_TYPE]! & ~GSO_ECN);
    const partial = (descriptors[word + DESC_FLAGS]! & FRAME_CHECKSUM_PARTIAL) !== 0;
    const elsewhere = partial && descriptors[word + DESC_CHECKSUM_START] !== headers.transport;
    if ((headers.protocol !== wanted || elsewhere) && !headers.enterTunnel()) return false;
    return headers.protocol === wanted && headers.findPayload();
  }

  private largestFits(): boolean {
    return this.headers.headerBytes + Math.min(this.segmentBytes, this.payloadBytes) + HEADROOM_BYTES + 4 <= POOL_BYTES;
  }

  /** Its sum, where there is to be a checksum of it. */
  private copyPayload(from: number, to: number, length: number): number {
    if (this.complete) return copyAndSum(this.source, from, this.pool, to, length);
    copyWords(this.source, from, this.pool, to, length);
    return 0;
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
    const { bytes } = this;
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
    const { bytes } = this;
    const at = this.offset + this.headers.transport;
    writeI32(bytes, at + Tcp.SEQUENCE, readI32(bytes, at + Tcp.SEQUENCE) + done);
    let flags = bytes[at + Tcp.FLAGS]!;
    if (index !== 0) flags &= ~TCP_CWR;
    if (index !== this.count - 1) flags &= ~TCP_FIN_PSH;
    bytes[at + Tcp.FLAGS] = flags;
    this.writeChecksum(payloadSum, false);
  }

  private finishUdp(payloadSum: number): void {
    const { bytes } = this;
    const at = this.offset + this.headers.transport;
    writeU16(bytes, at + Udp.LENGTH, this.length - this.headers.transport);
    if (readU16(bytes, at + Udp.CHECKSUM) !== 0) this.writeChecksum(payloadSum, true);
    else this.checksumStart = CHECKSUM_COMPLETE;
  }

  /** Over pseudo header, transport header and payload; partial, over the pseudo header alone. */
  private writeChecksum(payloadSum: number, isUdp: boolean): void {
    const { transport, headerBytes, ip, protocol } = this.headers;
    const { bytes } = this;
    const at = this.checksumStart + this.checksumField;
    const pseudo = this.pseudoSum(ip, protocol, this.length - transport);
    writeU16(bytes, at, this.complete ? 0 : foldSum(pseudo));
    if (!this.complete) return;
    const sum = addToSum(pseudo, bytes, this.checksumStart, headerBytes - transport) + payloadSum;
    writeU16(bytes, at, isUdp ? udpChecksumOf(sum) : checksumOf(sum));
  }

  private pseudoSum(ip: number, protocol: number, length: number): number {
    const at = this.offset + ip;
    const { bytes } = this;
    if (this.headers.isIpv6(ip)) return pseudoHeaderSum(bytes, at + Ipv6.SOURCE, 16, protocol, length);
    return pseudoHeaderSum(bytes, at + Ipv4.SOURCE, 4, protocol, length);
  }

  /** The outer UDP header of a VXLAN packet; a zero checksum stays zero (RFC 7348 §5). */
  private finishTunnel(payloadSum: number): void {
    const { outerUdp, outerIp, headerBytes } = this.headers;
    const { bytes } = this;
    const at = this.offset + outerUdp;
    const length = this.length - outerUdp;
    writeU16(bytes, at + Udp.LENGTH, length);
    if (!this.tunnelChecksum) return;
    writeU16(bytes, at + Udp.CHECKSUM, 0);
    const sum = addToSum(this.pseudoSum(outerIp, Protocol.UDP, length), bytes, at, headerBytes - outerUdp);
    writeU16(bytes, at + Udp.CHECKSUM, udpChecksumOf(sum + payloadSum));
  }
}
