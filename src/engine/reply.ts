// What the gateway says: ARP and neighbour answers, echo replies, ICMP errors. Builds one finished inner frame into
// a buffer; the pipeline decides where it goes as for any frame of the gateway's own. Allocates nothing.
// SPEC: RFC 826, RFC 4861 §4.4, RFC 792, RFC 1812 §4.3.2, RFC 4443 §2.4.

import { NeighborFlag } from "../tables/neighbor.js";
import type { Tables } from "../tables/tables.js";
import { ARP_BYTES, ARP_ETHERNET_IPV4, ARP_LENGTHS, Arp, ArpOperation } from "../wire/arp.js";
import { checksumOf } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES, EtherType, isGroupMac } from "../wire/ethernet.js";
import {
  ECHO_REQUEST,
  ECHO_REQUEST6,
  IPV4_DF,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  Ipv4,
  Ipv6,
  Protocol,
} from "../wire/ip.js";
import { icmpSum, ND_HOP_LIMIT, Nd, NdOption, NdType } from "../wire/nd.js";
import { type Decision, Reply } from "./decision.js";
import { buildError4, buildError6 } from "./icmp_error.js";
import { isValidIp } from "./ip_check.js";

const TTL = 64;
const ECHO_REPLY = 0;
const ECHO_REPLY6 = 129;
const NA_BYTES = 32;
/** ff02::1, every node of the link, as four words. */
const ALL_NODES = [0xff020000 | 0, 0, 0, 1] as const;

/** Writes the reply at `at` and returns its length, or 0 where there is nothing to say. */
export function buildReply(tables: Tables, view: DataView, decision: Decision, to: DataView, at: number): number {
  writeEthernet(tables, decision, to, at);
  if (decision.reply === Reply.ARP) return buildArp(view, decision, to, at);
  if (decision.reply === Reply.NEIGHBOR_ADVERTISEMENT) return buildAdvertisement(view, decision, to, at);
  const ipv6 = decision.etherType === EtherType.IPV6;
  if (decision.reply === Reply.ECHO)
    return ipv6 ? buildEcho6(view, decision, to, at) : buildEcho4(view, decision, to, at);
  // Bridged packets come here unchecked; routing leaves group addresses alone, so what stands in `decision` will do.
  if (isGroupMac(decision.destinationHi) || !isValidIp(view, decision)) return 0;
  return ipv6 ? buildError6(tables, view, decision, to, at) : buildError4(tables, view, decision, to, at);
}

/**
 * To the asker, from the gateway of its domain; in a domain without one from the MAC that was asked for. Behind an L3
 * VNI both are written by routing.
 */
function writeEthernet(tables: Tables, decision: Decision, to: DataView, at: number): void {
  const { bridgeDomains } = tables;
  const bd = decision.ingressBd;
  const hasGateway = (bridgeDomains.gatewayHi[bd]! | bridgeDomains.gatewayLo[bd]!) !== 0;
  to.setUint16(at, decision.askerHi);
  to.setInt32(at + 2, decision.askerLo);
  to.setUint16(at + 6, hasGateway ? bridgeDomains.gatewayHi[bd]! : decision.destinationHi);
  to.setInt32(at + 8, hasGateway ? bridgeDomains.gatewayLo[bd]! : decision.destinationLo);
  to.setUint16(at + 12, decision.etherType);
}

function buildArp(view: DataView, decision: Decision, to: DataView, at: number): number {
  const request = decision.innerOffset + ETHERNET_HEADER_BYTES;
  const arp = at + ETHERNET_HEADER_BYTES;
  writeMac(to, at + 6, decision);
  to.setInt32(arp, ARP_ETHERNET_IPV4);
  to.setUint16(arp + 4, ARP_LENGTHS);
  to.setUint16(arp + Arp.OPERATION, ArpOperation.REPLY);
  writeMac(to, arp + Arp.SENDER_MAC, decision);
  to.setInt32(arp + Arp.SENDER_IP, view.getInt32(request + Arp.TARGET_IP));
  copy(view, request + Arp.SENDER_MAC, to, arp + Arp.TARGET_MAC, 10);
  return ETHERNET_HEADER_BYTES + ARP_BYTES;
}

/**
 * A probe's sender has no address yet: the answer is for all nodes (RFC 4861 §7.2.4), in a frame to the one that asked
 * (RFC 6085), as nobody else needs it and nothing of it shall cross the underlay.
 */
function buildAdvertisement(view: DataView, decision: Decision, to: DataView, at: number): number {
  const request = decision.innerOffset + ETHERNET_HEADER_BYTES;
  const ip = at + ETHERNET_HEADER_BYTES;
  const icmp = ip + IPV6_HEADER_BYTES;
  const probe = isZero(view, request + Ipv6.SOURCE);
  writeMac(to, at + 6, decision);
  writeIpv6(to, ip, NA_BYTES, ND_HOP_LIMIT);
  copy(view, request + IPV6_HEADER_BYTES + Nd.TARGET, to, ip + Ipv6.SOURCE, 16);
  if (probe) for (let word = 0; word < 4; word++) to.setInt32(ip + Ipv6.DESTINATION + word * 4, ALL_NODES[word]!);
  else copy(view, request + Ipv6.SOURCE, to, ip + Ipv6.DESTINATION, 16);
  to.setInt32(icmp, NdType.ADVERTISEMENT << 24);
  to.setInt32(icmp + Nd.FLAGS, advertisementFlags(decision.replyFlags, probe) << 24);
  copy(view, request + IPV6_HEADER_BYTES + Nd.TARGET, to, icmp + Nd.TARGET, 16);
  to.setUint16(icmp + Nd.OPTIONS, (NdOption.TARGET_MAC << 8) | 1);
  writeMac(to, icmp + Nd.OPTIONS + 2, decision);
  to.setUint16(icmp + Nd.CHECKSUM, icmpSum(to, ip, NA_BYTES));
  return ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + NA_BYTES;
}

function advertisementFlags(flags: number, probe: boolean): number {
  const override = (flags & NeighborFlag.ANYCAST) === 0 ? Nd.OVERRIDE : 0;
  const router = (flags & NeighborFlag.ROUTER) !== 0 ? Nd.ROUTER : 0;
  return override | router | (probe ? 0 : Nd.SOLICITED);
}

/** Fragments are not put together again: a gateway's ping is small. */
function buildEcho4(view: DataView, decision: Decision, to: DataView, at: number): number {
  const request = decision.innerOffset + ETHERNET_HEADER_BYTES;
  const headerBytes = (view.getUint8(request) & 0xf) * 4;
  const icmpBytes = view.getUint16(request + Ipv4.TOTAL_LENGTH) - headerBytes;
  const fragment = view.getUint16(request + Ipv4.FRAGMENT) & 0x3fff;
  if (fragment !== 0 || icmpBytes < 8 || view.getUint8(request + headerBytes) !== ECHO_REQUEST) return 0;
  const ip = at + ETHERNET_HEADER_BYTES;
  writeIpv4(
    to,
    ip,
    view.getUint8(request + Ipv4.TOS),
    icmpBytes,
    view.getInt32(request + Ipv4.DESTINATION),
    view.getInt32(request + Ipv4.SOURCE),
  );
  copy(view, request + headerBytes, to, ip + IPV4_HEADER_BYTES, icmpBytes);
  replaceType(to, ip + IPV4_HEADER_BYTES, ECHO_REPLY);
  return ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + icmpBytes;
}

function buildEcho6(view: DataView, decision: Decision, to: DataView, at: number): number {
  const request = decision.innerOffset + ETHERNET_HEADER_BYTES;
  const icmpBytes = view.getUint16(request + Ipv6.PAYLOAD_LENGTH);
  if (icmpBytes < 8 || view.getUint8(request + IPV6_HEADER_BYTES) !== ECHO_REQUEST6) return 0;
  const ip = at + ETHERNET_HEADER_BYTES;
  writeIpv6(to, ip, icmpBytes, TTL);
  copy(view, request + Ipv6.DESTINATION, to, ip + Ipv6.SOURCE, 16);
  copy(view, request + Ipv6.SOURCE, to, ip + Ipv6.DESTINATION, 16);
  copy(view, request + IPV6_HEADER_BYTES, to, ip + IPV6_HEADER_BYTES, icmpBytes);
  replaceType(to, ip + IPV6_HEADER_BYTES, ECHO_REPLY6);
  return ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + icmpBytes;
}

/** SPEC: RFC 1624: a wrong checksum of the request stays wrong, for its sender to see. */
function replaceType(to: DataView, icmp: number, type: number): void {
  const word = to.getUint16(icmp);
  const sum = (~to.getUint16(icmp + 2) & 0xffff) + (~word & 0xffff) + ((type << 8) | (word & 0xff));
  to.setUint16(icmp, (type << 8) | (word & 0xff));
  to.setUint16(icmp + 2, checksumOf(sum));
}

/** Addresses as words. The payload follows; it is ICMP. */
export function writeIpv4(
  to: DataView,
  ip: number,
  tos: number,
  payloadBytes: number,
  source: number,
  destination: number,
): void {
  to.setUint16(ip, 0x4500 | tos);
  to.setUint16(ip + Ipv4.TOTAL_LENGTH, IPV4_HEADER_BYTES + payloadBytes);
  // An atomic datagram needs no ID of its own (RFC 6864 §4.1).
  to.setInt32(ip + Ipv4.ID, IPV4_DF);
  to.setUint16(ip + Ipv4.TTL, (TTL << 8) | Protocol.ICMP);
  to.setUint16(ip + Ipv4.CHECKSUM, 0);
  to.setInt32(ip + Ipv4.SOURCE, source);
  to.setInt32(ip + Ipv4.DESTINATION, destination);
  let sum = 0;
  for (let at = 0; at < IPV4_HEADER_BYTES; at += 2) sum += to.getUint16(ip + at);
  to.setUint16(ip + Ipv4.CHECKSUM, checksumOf(sum));
}

/** Without addresses. The payload is ICMPv6. */
export function writeIpv6(to: DataView, ip: number, payloadBytes: number, hopLimit: number): void {
  to.setInt32(ip, 0x60000000);
  to.setUint16(ip + Ipv6.PAYLOAD_LENGTH, payloadBytes);
  to.setUint16(ip + Ipv6.NEXT_HEADER, (Protocol.ICMPV6 << 8) | hopLimit);
}

export function copy(from: DataView, fromAt: number, to: DataView, toAt: number, length: number): void {
  for (let at = 0; at < length; at++) to.setUint8(toAt + at, from.getUint8(fromAt + at));
}

function isZero(view: DataView, at: number): boolean {
  return (view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) | view.getInt32(at + 12)) === 0;
}

function writeMac(to: DataView, at: number, decision: Decision): void {
  to.setUint16(at, decision.replyHi);
  to.setInt32(at + 2, decision.replyLo);
}
