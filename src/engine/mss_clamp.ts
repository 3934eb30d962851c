// Lowers the MSS that a TCP host announces into a tunnel to what the path takes, so that a connection works even where
// ICMP errors are filtered. Off unless the config asks for it. Refuses what it does not understand to the last option,
// and never raises. SPEC: RFC 9293 §3.1, §3.7.1; RFC 6691. TWIN: bpf/lib/mss_clamp.h, which hands all SYNs here.

import type { Tables } from "../tables/tables.js";
import { replaceWord } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES, EtherType } from "../wire/ethernet.js";
import { IPV4_FRAGMENT_MASK, IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol } from "../wire/ip.js";
import { TCP_HEADER_BYTES, Tcp, TcpOption } from "../wire/tcp.js";
import { innerMtu } from "./bridge.js";
import type { Decision, Frame } from "./decision.js";

const NOT_FOUND = 0;
/** Below it a segment has hardly room for a byte behind its options; a path like that has other troubles. */
const LEAST_MSS = 64;

/** Before the outer header is written: its UDP checksum covers this. The transport checksum is complete. */
export function clampMss(tables: Tables, frame: Frame, decision: Decision, vtep: number): void {
  const { view, bytes } = frame;
  const tcp = findSyn(view, decision);
  if (tcp === NOT_FOUND) return;
  const mss = findMss(view, tcp);
  if (mss === NOT_FOUND) return;
  const ipHeader = decision.etherType === EtherType.IPV6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  // Options of IP and TCP do not count: the sender takes them off (RFC 6691 §2).
  const limit = innerMtu(tables, vtep, decision) - ipHeader - TCP_HEADER_BYTES;
  if (limit < LEAST_MSS || view.getUint16(mss) <= limit) return;
  lower(bytes, view, tcp, mss, limit);
}

/** A value behind an odd number of bytes takes part in two words of the sum. */
function lower(bytes: Uint8Array, view: DataView, tcp: number, mss: number, limit: number): void {
  const checksum = tcp + Tcp.CHECKSUM;
  if (((mss - tcp) & 1) === 0) {
    replaceWord(bytes, mss, checksum, limit);
    return;
  }
  replaceWord(bytes, mss - 1, checksum, (view.getUint8(mss - 1) << 8) | (limit >>> 8));
  replaceWord(bytes, mss + 1, checksum, ((limit & 0xff) << 8) | view.getUint8(mss + 2));
}

/** Where the TCP header of a whole segment with SYN begins, its options included. */
function findSyn(view: DataView, { etherType, innerOffset, innerLength }: Decision): number {
  const ip = innerOffset + ETHERNET_HEADER_BYTES;
  const room = innerLength - ETHERNET_HEADER_BYTES;
  if (etherType === EtherType.IPV4) return findSyn4(view, ip, room);
  return etherType === EtherType.IPV6 ? findSyn6(view, ip, room) : NOT_FOUND;
}

function findSyn4(view: DataView, ip: number, room: number): number {
  if (room < IPV4_HEADER_BYTES || view.getUint8(ip) >>> 4 !== 4) return NOT_FOUND;
  if (view.getUint8(ip + Ipv4.PROTOCOL) !== Protocol.TCP) return NOT_FOUND;
  const headerBytes = (view.getUint8(ip) & 0xf) * 4;
  const total = view.getUint16(ip + Ipv4.TOTAL_LENGTH);
  if (headerBytes < IPV4_HEADER_BYTES || total > room) return NOT_FOUND;
  if ((view.getUint16(ip + Ipv4.FRAGMENT) & IPV4_FRAGMENT_MASK) !== 0) return NOT_FOUND;
  return wholeSyn(view, ip + headerBytes, total - headerBytes);
}

/** Behind extension headers nothing is looked for. */
function findSyn6(view: DataView, ip: number, room: number): number {
  if (room < IPV6_HEADER_BYTES || view.getUint8(ip) >>> 4 !== 6) return NOT_FOUND;
  if (view.getUint8(ip + Ipv6.NEXT_HEADER) !== Protocol.TCP) return NOT_FOUND;
  const payload = view.getUint16(ip + Ipv6.PAYLOAD_LENGTH);
  return payload + IPV6_HEADER_BYTES > room ? NOT_FOUND : wholeSyn(view, ip + IPV6_HEADER_BYTES, payload);
}

function wholeSyn(view: DataView, tcp: number, length: number): number {
  if (length < TCP_HEADER_BYTES || (view.getUint8(tcp + Tcp.FLAGS) & Tcp.SYN) === 0) return NOT_FOUND;
  return headerBytesOf(view, tcp) <= length ? tcp : NOT_FOUND;
}

function headerBytesOf(view: DataView, tcp: number): number {
  return (view.getUint8(tcp + Tcp.DATA_OFFSET) >>> 4) * 4;
}

/** Where the value of the only MSS option stands. A list that does not end as it should, or says MSS twice, has none. */
function findMss(view: DataView, tcp: number): number {
  const end = tcp + headerBytesOf(view, tcp);
  let found = NOT_FOUND;
  for (let at = tcp + TCP_HEADER_BYTES; at < end; ) {
    const kind = view.getUint8(at);
    if (kind === TcpOption.END) return found;
    if (kind === TcpOption.NOTHING) {
      at += 1;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) return NOT_FOUND;
    if (kind === TcpOption.MSS) {
      if (length !== TcpOption.MSS_BYTES || found !== NOT_FOUND) return NOT_FOUND;
      found = at + 2;
    }
    at += length;
  }
  return found;
}
