// Pushes the outer Ethernet, IP, UDP and VXLAN headers in front of an inner frame, in place.
// The constant part of them is a template kept with each VTEP. TWIN: bpf/lib/encap.h.

import { ConfigFlag, Df, Family, Limit } from "../abi/generated.js";
import type { Tables, VtepSettings } from "../tables/tables.js";
import { addToSum, checksumOf, pseudoHeaderSum, udpChecksumOf } from "../wire/checksum.js";
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
import type { Decision, Frame } from "./decision.js";

const DEFAULT_TTL = 64;
/** Version 4 and a header without options. */
const FIRST_WORD = 0x45000000;
const TUNNEL_BYTES = UDP_HEADER_BYTES + VXLAN_HEADER_BYTES;

/** Outer bytes between the outer Ethernet header and the inner frame: 36 over IPv4, 56 over IPv6. */
export function outerHeaderBytes(family: number): number {
  return (family === Family.IPV6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) + TUNNEL_BYTES;
}

/**
 * Writes IP, UDP and VXLAN in front of the decision's inner frame and returns where the IP header begins.
 * The buffer needs `outerHeaderBytes` of headroom, and 14 more for pushEthernet.
 */
export function pushOuter(tables: Tables, vtep: number, frame: Frame, inner: Decision): number {
  const { settings } = tables;
  const { innerOffset, innerLength } = inner;
  const ipv6 = settings.family === Family.IPV6;
  const ip = innerOffset - outerHeaderBytes(settings.family);
  const udp = innerOffset - TUNNEL_BYTES;
  if (ipv6) writeIpv6(tables, vtep, frame.view, ip, inner);
  else writeIpv4(tables, vtep, frame.view, ip, inner);
  writeTunnel(settings, frame.view, udp, inner);
  if (ipv6 || (settings.flags & ConfigFlag.UDP_CHECKSUM) !== 0) writeUdpChecksum(frame, ip, udp, innerLength, ipv6);
  return ip;
}

/**
 * UDP without a checksum, and VXLAN.
 * PERF: here and in writeIpv4 each word is written once: a tenth of a known unicast, beside a template and fields into it.
 */
function writeTunnel(settings: VtepSettings, view: DataView, udp: number, inner: Decision): void {
  view.setInt32(udp, (sourcePort(settings, inner.flowHash) << 16) | settings.udpPort);
  view.setInt32(udp + Udp.LENGTH, (inner.innerLength + TUNNEL_BYTES) << 16);
  view.setInt32(udp + UDP_HEADER_BYTES, VXLAN_FIRST_WORD);
  view.setInt32(udp + UDP_HEADER_BYTES + 4, inner.vni << 8);
}

/** Writes the outer Ethernet header of an adjacency in front of the IP header; returns its offset. */
export function pushEthernet(tables: Tables, adjacency: number, view: DataView, ip: number): number {
  const start = ip - ETHERNET_HEADER_BYTES;
  const { macsView } = tables.adjacencies;
  const from = adjacency * 12;
  view.setInt32(start, macsView.getInt32(from, true), true);
  view.setInt32(start + 4, macsView.getInt32(from + 4, true), true);
  view.setInt32(start + 8, macsView.getInt32(from + 8, true), true);
  view.setUint16(start + 12, tables.settings.family === Family.IPV6 ? EtherType.IPV6 : EtherType.IPV4);
  return start;
}

/**
 * Four bytes at a time: templates are multiples of that. Allocates no view, as set() would need.
 * PERF: little-endian both ways, so that nothing is swapped to and fro.
 */
function copyWords(from: DataView, fromAt: number, to: DataView, toAt: number, length: number): void {
  for (let at = 0; at < length; at += 4) to.setInt32(toAt + at, from.getInt32(fromAt + at, true), true);
}

/** SPEC: RFC 7348 §5: from a hash of the inner frame, in the configured range. */
export function sourcePort(settings: VtepSettings, flowHash: number): number {
  return settings.sourcePortMin + (((flowHash >>> 16) * settings.sourcePortCount) >>> 16);
}

function writeIpv4({ settings, vteps }: Tables, vtep: number, view: DataView, ip: number, inner: Decision): void {
  const innerIp = innerIpVersion(inner);
  const tos = outerTrafficClass(settings, view, inner, innerIp);
  const ttl = outerTtl(settings, view, inner, innerIp);
  const total = inner.innerLength + outerHeaderBytes(Family.IPV4);
  const fragment = outerDf(settings, view, inner, innerIp) ? IPV4_DF : 0;
  // An atomic datagram may carry any ID (RFC 6864 §4.1); one that routers may cut needs its own.
  const id = fragment === 0 ? vteps.nextId[vtep]!++ : 0;
  const checksum = checksumOf(vteps.checksumBase[vtep]! + tos + total + id + fragment + (ttl << 8));
  const { outerView } = vteps;
  const addresses = vtep * Limit.OUTER_BYTES + Ipv4.SOURCE;
  view.setInt32(ip, FIRST_WORD | (tos << 16) | total);
  view.setInt32(ip + Ipv4.ID, (id << 16) | fragment);
  view.setInt32(ip + Ipv4.TTL, (ttl << 24) | (Protocol.UDP << 16) | checksum);
  view.setInt32(ip + Ipv4.SOURCE, outerView.getInt32(addresses, true), true);
  view.setInt32(ip + Ipv4.DESTINATION, outerView.getInt32(addresses + 4, true), true);
}

function writeIpv6({ settings, vteps }: Tables, vtep: number, view: DataView, ip: number, inner: Decision): void {
  copyWords(vteps.outerView, vtep * Limit.OUTER_BYTES, view, ip, IPV6_HEADER_BYTES);
  const innerIp = innerIpVersion(inner);
  writeIpv6TrafficClass(view, ip, outerTrafficClass(settings, view, inner, innerIp));
  view.setUint16(ip + Ipv6.PAYLOAD_LENGTH, inner.innerLength + TUNNEL_BYTES);
  view.setUint8(ip + Ipv6.HOP_LIMIT, outerTtl(settings, view, inner, innerIp));
}

function writeUdpChecksum({ bytes, view }: Frame, ip: number, udp: number, innerLength: number, ipv6: boolean): void {
  const length = innerLength + TUNNEL_BYTES;
  const addressesAt = ip + (ipv6 ? Ipv6.SOURCE : Ipv4.SOURCE);
  const sum = pseudoHeaderSum(bytes, addressesAt, ipv6 ? 16 : 4, Protocol.UDP, length);
  view.setUint16(udp + Udp.CHECKSUM, udpChecksumOf(addToSum(sum, bytes, udp, length)));
}

/** 4, 6, or 0 where the inner frame carries no whole IP header. */
function innerIpVersion({ etherType, innerLength }: Decision): number {
  const room = innerLength - ETHERNET_HEADER_BYTES;
  if (etherType === EtherType.IPV4 && room >= IPV4_HEADER_BYTES) return 4;
  return etherType === EtherType.IPV6 && room >= IPV6_HEADER_BYTES ? 6 : 0;
}

function outerTrafficClass(settings: VtepSettings, view: DataView, inner: Decision, innerIp: number): number {
  if (innerIp === 0) return settings.tos;
  const innerClass = readTrafficClass(view, inner.innerOffset + ETHERNET_HEADER_BYTES, innerIp === 6);
  const dscp = (settings.flags & ConfigFlag.TOS_INHERIT) !== 0 ? innerClass & ~Ecn.MASK : settings.tos;
  const linux = (settings.flags & ConfigFlag.PROFILE_LINUX) !== 0;
  return dscp | encapsulatedEcn(innerClass & Ecn.MASK, linux);
}

function outerTtl(settings: VtepSettings, view: DataView, inner: Decision, innerIp: number): number {
  if ((settings.flags & ConfigFlag.TTL_INHERIT) === 0) return settings.ttl;
  const ip = inner.innerOffset + ETHERNET_HEADER_BYTES;
  if (innerIp === 0) return DEFAULT_TTL;
  // An inner TTL of 0 would make the outer packet undeliverable.
  return view.getUint8(ip + (innerIp === 6 ? Ipv6.HOP_LIMIT : Ipv4.TTL)) || DEFAULT_TTL;
}

function outerDf(settings: VtepSettings, view: DataView, inner: Decision, innerIp: number): boolean {
  if (settings.df !== Df.INHERIT) return settings.df === Df.SET;
  // Routers never fragment IPv6, so an IPv6 sender expects what DF means (RFC 8200 §4.5).
  if (innerIp !== 4) return innerIp === 6;
  return (view.getUint16(inner.innerOffset + ETHERNET_HEADER_BYTES + Ipv4.FRAGMENT) & IPV4_DF) !== 0;
}
