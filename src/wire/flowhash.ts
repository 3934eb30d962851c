// One 32-bit number per inner flow. It picks the outer UDP source port (RFC 7348 §5) and the
// equal-cost next hop, so all packets of a flow take one path and arrive in order.
// TWIN: bpf/lib/flowhash.h; the corpus compares both. The mixing steps are MurmurHash3's.

import { ETHERNET_HEADER_BYTES, EtherType } from "./ethernet.js";
import { IPV4_FRAGMENT_MASK, IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol } from "./ip.js";

const SEED = 0x76746570;

function mix(hash: number, word: number): number {
  const mixed = hash ^ Math.imul(word, 0xcc9e2d51);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hasPorts(protocol: number): boolean {
  return protocol === Protocol.TCP || protocol === Protocol.UDP || protocol === Protocol.SCTP;
}

/** Fragments and packets with options hash by addresses and protocol only, so that no part of a flow strays. */
function hashIpv4(view: DataView, at: number, end: number): number {
  const protocol = view.getUint8(at + Ipv4.PROTOCOL);
  let hash = mix(SEED, view.getInt32(at + Ipv4.SOURCE));
  hash = mix(hash, view.getInt32(at + Ipv4.DESTINATION));
  hash = mix(hash, protocol);
  const whole = view.getUint8(at) === 0x45 && (view.getUint16(at + Ipv4.FRAGMENT) & IPV4_FRAGMENT_MASK) === 0;
  const ports = at + IPV4_HEADER_BYTES;
  if (whole && hasPorts(protocol) && ports + 4 <= end) hash = mix(hash, view.getInt32(ports));
  return finish(hash);
}

function hashIpv6(view: DataView, at: number, end: number): number {
  const nextHeader = view.getUint8(at + Ipv6.NEXT_HEADER);
  let hash = SEED;
  for (let word = at + Ipv6.SOURCE; word < at + IPV6_HEADER_BYTES; word += 4) hash = mix(hash, view.getInt32(word));
  hash = mix(hash, nextHeader);
  const ports = at + IPV6_HEADER_BYTES;
  if (hasPorts(nextHeader) && ports + 4 <= end) hash = mix(hash, view.getInt32(ports));
  return finish(hash);
}

function hashAddresses(
  etherType: number,
  destinationHi: number,
  destinationLo: number,
  sourceHi: number,
  sourceLo: number,
): number {
  let hash = mix(SEED, (destinationHi << 16) | (destinationLo >>> 16));
  hash = mix(hash, (destinationLo << 16) | sourceHi);
  hash = mix(hash, sourceLo);
  return finish(mix(hash, etherType));
}

/**
 * 32-bit hash of the untagged Ethernet frame of at least 14 bytes at `frameAt`, as a signed integer: V8 would keep half
 * of the unsigned ones on the heap, 8 bytes a frame. Allocates nothing.
 * The addresses come apart from the bytes, because taking out a tag has not moved them yet.
 */
export function flowHash(
  view: DataView,
  frameAt: number,
  lengthBytes: number,
  destinationHi: number,
  destinationLo: number,
  sourceHi: number,
  sourceLo: number,
): number {
  const etherType = view.getUint16(frameAt + 12);
  const at = frameAt + ETHERNET_HEADER_BYTES;
  const end = frameAt + lengthBytes;
  if (etherType === EtherType.IPV4 && at + IPV4_HEADER_BYTES <= end) return hashIpv4(view, at, end);
  if (etherType === EtherType.IPV6 && at + IPV6_HEADER_BYTES <= end) return hashIpv6(view, at, end);
  return hashAddresses(etherType, destinationHi, destinationLo, sourceHi, sourceLo);
}
