// Pushes the outer Ethernet, IP, UDP and VXLAN headers in front of an inner frame, in place.
// The constant part of them is a template kept with each VTEP. TWIN: bpf/lib/encap.h.

import { ConfigFlag, Df, Family, Limit } from "../abi/generated.js";
import type { Tables, VtepSettings } from "../tables/tables.js";
import { readU16, writeI32, writeU16 } from "../wire/bytes.js";
import { addToSum, checksumOf, foldSum, pseudoHeaderSum, udpChecksumOf } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES, EtherType } from "../wire/ethernet.js";
import {
  Ecn,
  encapsulatedEcn,
  IPV4_DF,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  Ipv4,
  Ipv6,
  Protocol,
  readTrafficClass,
  UDP_HEADER_BYTES,
  Udp,
  writeIpv6TrafficClass,
} from "../wire/ip.js";
import { VXLAN_FIRST_WORD, VXLAN_HEADER_BYTES } from "../wire/vxlan.js";

const DEFAULT_TTL = 64;
const TUNNEL_BYTES = UDP_HEADER_BYTES + VXLAN_HEADER_BYTES;

/** Outer bytes between the outer Ethernet header and the inner frame: 36 over IPv4, 56 over IPv6. */
export function outerHeaderBytes(family: number): number {
  return (family === Family.IPV6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) + TUNNEL_BYTES;
}

/**
 * Writes IP, UDP and VXLAN in front of the frame at `innerOffset` and returns where the IP header begins.
 * The buffer needs `outerHeaderBytes` of headroom, and 14 more for pushEthernet.
 */
export function pushOuter(tables: Tables, vtep: number, bytes: Uint8Array, innerOffset: number, innerLength: number, vni: number, flowHash: number): number {
  const { settings, vteps } = tables;
  const ipv6 = settings.family === Family.IPV6;
  const ip = innerOffset - outerHeaderBytes(settings.family);
  copyTemplate(vteps.outer, vtep * Limit.OUTER_BYTES, bytes, ip, innerOffset - ip);
  const udp = innerOffset - TUNNEL_BYTES;
  writeU16(bytes, udp + Udp.SOURCE_PORT, sourcePort(settings, flowHash));
  writeU16(bytes, udp + Udp.LENGTH, innerLength + TUNNEL_BYTES);
  writeI32(bytes, innerOffset - 4, vni << 8);
  if (ipv6) finishIpv6(settings, bytes, ip, innerOffset, innerLength);
  else finishIpv4(tables, vtep, bytes, ip, innerOffset, innerLength);
  if (ipv6 || (settings.flags & ConfigFlag.UDP_CHECKSUM) !== 0) writeUdpChecksum(bytes, ip, udp, innerLength, ipv6);
  return ip;
}

/** Writes the outer Ethernet header of an adjacency in front of the IP header; returns its offset. */
export function pushEthernet(tables: Tables, adjacency: number, bytes: Uint8Array, ip: number): number {
  const start = ip - ETHERNET_HEADER_BYTES;
  copyTemplate(tables.adjacencies.macs, adjacency * 12, bytes, start, 12);
  writeU16(bytes, start + 12, tables.settings.family === Family.IPV6 ? EtherType.IPV6 : EtherType.IPV4);
  return start;
}

/** A loop beats TypedArray.set with a subarray view at these lengths, and allocates no view. */
function copyTemplate(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
  for (let at = 0; at < length; at++) to[toAt + at] = from[fromAt + at]!;
}

/** SPEC: RFC 7348 §5: from a hash of the inner frame, in the configured range. */
export function sourcePort(settings: VtepSettings, flowHash: number): number {
  return settings.sourcePortMin + (((flowHash >>> 16) * settings.sourcePortCount) >>> 16);
}

function finishIpv4(tables: Tables, vtep: number, bytes: Uint8Array, ip: number, inner: number, innerLength: number): void {
  const { settings, vteps } = tables;
  const innerIp = innerIpVersion(bytes, inner, innerLength);
  const tos = outerTrafficClass(settings, bytes, inner, innerIp);
  const ttl = outerTtl(settings, bytes, inner, innerIp);
  const total = innerLength + outerHeaderBytes(Family.IPV4);
  const fragment = outerDf(settings, bytes, inner, innerIp) ? IPV4_DF : 0;
  // An atomic datagram may carry any ID (RFC 6864 §4.1); one that routers may cut needs its own.
  const id = fragment === 0 ? vteps.nextId[vtep]!++ : 0;
  bytes[ip + Ipv4.TOS] = tos;
  writeU16(bytes, ip + Ipv4.TOTAL_LENGTH, total);
  writeU16(bytes, ip + Ipv4.ID, id);
  writeU16(bytes, ip + Ipv4.FRAGMENT, fragment);
  bytes[ip + Ipv4.TTL] = ttl;
  writeU16(bytes, ip + Ipv4.CHECKSUM, checksumOf(vteps.checksumBase[vtep]! + tos + total + id + fragment + (ttl << 8)));
}

function finishIpv6(settings: VtepSettings, bytes: Uint8Array, ip: number, inner: number, innerLength: number): void {
  const innerIp = innerIpVersion(bytes, inner, innerLength);
  writeIpv6TrafficClass(bytes, ip, outerTrafficClass(settings, bytes, inner, innerIp));
  writeU16(bytes, ip + Ipv6.PAYLOAD_LENGTH, innerLength + TUNNEL_BYTES);
  bytes[ip + Ipv6.HOP_LIMIT] = outerTtl(settings, bytes, inner, innerIp);
}

function writeUdpChecksum(bytes: Uint8Array, ip: number, udp: number, innerLength: number, ipv6: boolean): void {
  const length = innerLength + TUNNEL_BYTES;
  const addressesAt = ip + (ipv6 ? Ipv6.SOURCE : Ipv4.SOURCE);
  const sum = pseudoHeaderSum(bytes, addressesAt, ipv6 ? 16 : 4, Protocol.UDP, length);
  writeU16(bytes, udp + Udp.CHECKSUM, udpChecksumOf(addToSum(sum, bytes, udp, length)));
}

/** 4, 6, or 0 where the inner frame carries no whole IP header. */
function innerIpVersion(bytes: Uint8Array, inner: number, innerLength: number): number {
  const etherType = readU16(bytes, inner + 12);
  const room = innerLength - ETHERNET_HEADER_BYTES;
  if (etherType === EtherType.IPV4 && room >= IPV4_HEADER_BYTES) return 4;
  return etherType === EtherType.IPV6 && room >= IPV6_HEADER_BYTES ? 6 : 0;
}

function outerTrafficClass(settings: VtepSettings, bytes: Uint8Array, inner: number, innerIp: number): number {
  if (innerIp === 0) return settings.tos;
  const innerClass = readTrafficClass(bytes, inner + ETHERNET_HEADER_BYTES, innerIp === 6);
  const dscp = (settings.flags & ConfigFlag.TOS_INHERIT) !== 0 ? innerClass & ~Ecn.MASK : settings.tos;
  const linux = (settings.flags & ConfigFlag.PROFILE_LINUX) !== 0;
  return dscp | encapsulatedEcn(innerClass & Ecn.MASK, linux);
}

function outerTtl(settings: VtepSettings, bytes: Uint8Array, inner: number, innerIp: number): number {
  if ((settings.flags & ConfigFlag.TTL_INHERIT) === 0) return settings.ttl;
  const ip = inner + ETHERNET_HEADER_BYTES;
  if (innerIp === 0) return DEFAULT_TTL;
  // An inner TTL of 0 would make the outer packet undeliverable.
  return bytes[ip + (innerIp === 6 ? Ipv6.HOP_LIMIT : Ipv4.TTL)]! || DEFAULT_TTL;
}

function outerDf(settings: VtepSettings, bytes: Uint8Array, inner: number, innerIp: number): boolean {
  if (settings.df !== Df.INHERIT) return settings.df === Df.SET;
  // Routers never fragment IPv6, so an IPv6 sender expects what DF means (RFC 8200 §4.5).
  if (innerIp !== 4) return innerIp === 6;
  return (readU16(bytes, inner + ETHERNET_HEADER_BYTES + Ipv4.FRAGMENT) & IPV4_DF) !== 0;
}
