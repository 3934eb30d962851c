// Neighbor Discovery (RFC 4861 §4): solicitations and advertisements. Offsets from the ICMPv6 header's start.

import { checksumOf } from "./checksum.js";
import { IPV6_HEADER_BYTES, Ipv6, isMappedIpv4, Protocol } from "./ip.js";

export const NdType = { SOLICITATION: 135, ADVERTISEMENT: 136 } as const;
export const NdOption = { SOURCE_MAC: 1, TARGET_MAC: 2 } as const;

/** FLAGS is the byte of the advertisement's R, S and O bits. */
export const Nd = {
  CHECKSUM: 2,
  FLAGS: 4,
  TARGET: 8,
  OPTIONS: 24,
  ROUTER: 0x80,
  SOLICITED: 0x40,
  OVERRIDE: 0x20,
} as const;

/** Only a neighbour can have sent a packet that still has it (RFC 4861 §7.1). */
export const ND_HOP_LIMIT = 255;
const OPTION_UNIT_BYTES = 8;
const MULTICAST = 0xff;
/** ff02::1:ff00:0/104, to which a solicitation for an address with the last three bytes `xx` goes (RFC 4291 §2.7.1). */
const SOLICITED_NODE_WORD = 0xff020000 | 0;
const SOLICITED_NODE_BYTE = 0xff;

/**
 * SPEC: RFC 4861 §7.1.1 and §7.1.2, every "silently discard"; and no address may be an IPv4 one in disguise, which
 * would be taken for that. `room`: bytes from the IPv6 header on.
 */
export function isSoundNeighborMessage(view: DataView, ip: number, room: number): boolean {
  const length = view.getUint16(ip + Ipv6.PAYLOAD_LENGTH);
  const icmp = ip + IPV6_HEADER_BYTES;
  if (length < Nd.OPTIONS || IPV6_HEADER_BYTES + length > room) return false;
  if (view.getUint8(ip + Ipv6.HOP_LIMIT) !== ND_HOP_LIMIT || view.getUint8(icmp + 1) !== 0) return false;
  if (!isHostAddress(view, icmp + Nd.TARGET) || !isHostAddress(view, ip + Ipv6.SOURCE)) return false;
  if (icmpSum(view, ip, length) !== 0) return false;
  return hasSoundOptions(view, icmp, icmp + length) && hasSoundAddresses(view, ip, icmp, icmp + length);
}

/** 0 where the checksum is right. */
export function icmpSum(view: DataView, ip: number, length: number): number {
  let sum = Protocol.ICMPV6 + length;
  const end = ip + IPV6_HEADER_BYTES + length;
  for (let at = ip + Ipv6.SOURCE; at + 1 < end; at += 2) sum += view.getUint16(at);
  if ((length & 1) !== 0) sum += view.getUint8(end - 1) << 8;
  return checksumOf(sum);
}

function hasSoundOptions(view: DataView, icmp: number, end: number): boolean {
  let at = icmp + Nd.OPTIONS;
  while (at < end) {
    const bytes = at + 1 < end ? view.getUint8(at + 1) * OPTION_UNIT_BYTES : 0;
    if (bytes === 0 || at + bytes > end) return false;
    at += bytes;
  }
  return true;
}

/** A probe (source ::) names no source MAC and goes to a multicast address; a solicited advertisement does not. */
function hasSoundAddresses(view: DataView, ip: number, icmp: number, end: number): boolean {
  const toGroup = view.getUint8(ip + Ipv6.DESTINATION) === MULTICAST;
  if (view.getUint8(icmp) === NdType.ADVERTISEMENT)
    return !(toGroup && (view.getUint8(icmp + Nd.FLAGS) & Nd.SOLICITED) !== 0);
  const at = ip + Ipv6.SOURCE;
  const source = view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) | view.getInt32(at + 12);
  if (source !== 0) return true;
  return isSolicitedNode(view, ip + Ipv6.DESTINATION) && findOption(view, icmp, end, NdOption.SOURCE_MAC) === 0;
}

function isSolicitedNode(view: DataView, at: number): boolean {
  const high = view.getInt32(at) === SOLICITED_NODE_WORD && view.getInt32(at + 4) === 0 && view.getInt32(at + 8) === 1;
  return high && view.getUint8(at + 12) === SOLICITED_NODE_BYTE;
}

/** Neither multicast nor ::ffff:a.b.c.d; :: is the source of a probe. */
function isHostAddress(view: DataView, at: number): boolean {
  return view.getUint8(at) !== MULTICAST && !isMappedIpv4(view, at);
}

/** Offset of an option of 8 bytes and this type, or 0. The options are sound. */
export function findOption(view: DataView, icmp: number, end: number, type: number): number {
  for (let at = icmp + Nd.OPTIONS; at < end; at += view.getUint8(at + 1) * OPTION_UNIT_BYTES) {
    if (view.getUint8(at) === type && view.getUint8(at + 1) === 1) return at;
  }
  return 0;
}

/** Whether there is an option of any but this type. The options are sound. */
export function hasOtherOption(view: DataView, icmp: number, end: number, type: number): boolean {
  for (let at = icmp + Nd.OPTIONS; at < end; at += view.getUint8(at + 1) * OPTION_UNIT_BYTES) {
    if (view.getUint8(at) !== type) return true;
  }
  return false;
}
