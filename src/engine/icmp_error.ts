// ICMP errors to the sender of a packet that could not go on, from the gateway's address inside the VRF.
// SPEC: RFC 792, RFC 1191 §4, RFC 1812 §4.3.2; RFC 4443 §2.4, §3.

import type { Tables } from "../tables/tables.js";
import { readI32 } from "../wire/bytes.js";
import { checksumOf } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES } from "../wire/ethernet.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6 } from "../wire/ip.js";
import { icmpSum } from "../wire/nd.js";
import { type Decision, Reply } from "./decision.js";
import { mayTell4, mayTell6 } from "./icmp_allowed.js";
import { copy, writeIpv4, writeIpv6 } from "./reply.js";

const MAPPED_PREFIX_WORD = 0xffff;
const ICMP_HEADER_BYTES = 8;
/** As much as fits a datagram that everybody takes (RFC 1812 §4.3.2.3), or the least IPv6 MTU. */
const MAX_ERROR4_BYTES = 576;
const MAX_ERROR6_BYTES = 1280;
const MIN_MTU6 = 1280;
const TTL = 64;
/** Network control: an answer about the network goes before what it is about (RFC 1812 §4.3.2.5). */
const TOS_INTERNETWORK_CONTROL = 0xc0;

/** Type and code by Reply. */
const TYPE_CODE4 = new Map<number, number>([
  [Reply.TIME_EXCEEDED, 0x0b00],
  [Reply.NET_UNREACHABLE, 0x0300],
  [Reply.HOST_UNREACHABLE, 0x0301],
  [Reply.PORT_UNREACHABLE, 0x0303],
  [Reply.TOO_BIG, 0x0304],
]);
const TYPE_CODE6 = new Map<number, number>([
  [Reply.TIME_EXCEEDED, 0x0300],
  [Reply.NET_UNREACHABLE, 0x0100],
  [Reply.HOST_UNREACHABLE, 0x0103],
  [Reply.PORT_UNREACHABLE, 0x0104],
  [Reply.TOO_BIG, 0x0200],
]);

export function buildError4(tables: Tables, view: DataView, decision: Decision, to: DataView, at: number): number {
  const about = decision.innerOffset + ETHERNET_HEADER_BYTES;
  if (!mayTell4(view, about)) return 0;
  const source = sourceAddress(tables, view, decision, false);
  const from = source === undefined ? view.getInt32(about + Ipv4.DESTINATION) : readI32(source, 12);
  const room = MAX_ERROR4_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES;
  const quoted = Math.min(view.getUint16(about + Ipv4.TOTAL_LENGTH), room);
  const ip = at + ETHERNET_HEADER_BYTES;
  const icmp = ip + IPV4_HEADER_BYTES;
  writeIpv4(to, ip, TOS_INTERNETWORK_CONTROL, ICMP_HEADER_BYTES + quoted, from, view.getInt32(about + Ipv4.SOURCE));
  to.setInt32(icmp, TYPE_CODE4.get(decision.reply)! << 16);
  to.setInt32(icmp + 4, decision.reply === Reply.TOO_BIG ? decision.replyMtu : 0);
  copy(view, about, to, icmp + ICMP_HEADER_BYTES, quoted);
  to.setUint16(icmp + 2, checksumOf(sumOf(to, icmp, ICMP_HEADER_BYTES + quoted)));
  return ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + quoted;
}

export function buildError6(tables: Tables, view: DataView, decision: Decision, to: DataView, at: number): number {
  const about = decision.innerOffset + ETHERNET_HEADER_BYTES;
  if (!mayTell6(view, about)) return 0;
  const source = sourceAddress(tables, view, decision, true);
  const room = MAX_ERROR6_BYTES - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES;
  const quoted = Math.min(view.getUint16(about + Ipv6.PAYLOAD_LENGTH) + IPV6_HEADER_BYTES, room);
  const ip = at + ETHERNET_HEADER_BYTES;
  const icmp = ip + IPV6_HEADER_BYTES;
  writeIpv6(to, ip, ICMP_HEADER_BYTES + quoted, TTL);
  if (source === undefined) copy(view, about + Ipv6.DESTINATION, to, ip + Ipv6.SOURCE, 16);
  else for (let word = 0; word < 16; word += 4) to.setInt32(ip + Ipv6.SOURCE + word, readI32(source, word));
  copy(view, about + Ipv6.SOURCE, to, ip + Ipv6.DESTINATION, 16);
  to.setInt32(icmp, TYPE_CODE6.get(decision.reply)! << 16);
  to.setInt32(icmp + 4, decision.reply === Reply.TOO_BIG ? Math.max(decision.replyMtu, MIN_MTU6) : 0);
  copy(view, about, to, icmp + ICMP_HEADER_BYTES, quoted);
  to.setUint16(icmp + 2, icmpSum(to, ip, ICMP_HEADER_BYTES + quoted));
  return ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + quoted;
}

/**
 * The gateway of the domain that the packet came from, by the address whose subnet the sender is in, else by its first;
 * behind an L3 VNI the VRF's first. Undefined in a bridge domain without gateway: then the address that the packet was
 * for speaks, which its sender accepts.
 */
function sourceAddress(tables: Tables, view: DataView, decision: Decision, ipv6: boolean): Uint8Array | undefined {
  const { ingressBd: bd, vrf } = decision;
  if (bd === 0) return tables.vrfs.addressOf(vrf, ipv6);
  const { bridgeDomains } = tables;
  const at = decision.innerOffset + ETHERNET_HEADER_BYTES + (ipv6 ? Ipv6.SOURCE : Ipv4.SOURCE);
  const near = ipv6
    ? bridgeDomains.gatewayOf(
        bd,
        view.getInt32(at),
        view.getInt32(at + 4),
        view.getInt32(at + 8),
        view.getInt32(at + 12),
      )
    : bridgeDomains.gatewayOf(bd, 0, 0, MAPPED_PREFIX_WORD, view.getInt32(at));
  return (near ?? bridgeDomains.gateways[bd]?.find(({ address }) => isMapped(address) !== ipv6))?.address;
}

function isMapped(address: Uint8Array): boolean {
  return readI32(address, 0) === 0 && readI32(address, 4) === 0 && readI32(address, 8) === MAPPED_PREFIX_WORD;
}

function sumOf(view: DataView, at: number, length: number): number {
  let sum = 0;
  for (let word = 0; word + 1 < length; word += 2) sum += view.getUint16(at + word);
  return (length & 1) !== 0 ? sum + (view.getUint8(at + length - 1) << 8) : sum;
}
