// The repair of frames whose Ethertype is that of the other IP version: a pure function, and the specification.
// Some switches hand IPv4 to a host as 0x86DD, and the kernel drops it as broken IPv6. Changes the two bytes of the
// innermost Ethertype and nothing else, and only where what follows is a whole IP packet of the other version.
// SPEC: RFC 894 (0x0800), RFC 2464 §3 (0x86DD), RFC 791 §3.1, RFC 8200 §3. TWIN: bpf/lib/ethertype_fix.h.

import { readU16, writeU16 } from "./bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType, VLAN_TAG_BYTES } from "./ethernet.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6 } from "./ip.js";

/** What became of a frame. TWIN: enum vtep_fix_kind; numbers are indexes of counters. */
export const EthertypeFix = {
  /** Nothing to repair: right, no IP, or too short to tell. */
  PASSED: 0,
  /** 0x86DD became 0x0800. */
  FIXED4: 1,
  /** 0x0800 became 0x86DD. */
  FIXED6: 2,
  /** Type and version differ, but it is no whole packet of the other version, or not asked for: left alone. */
  SUSPICIOUS: 3,
} as const;

/** Tags that are looked through: one of a customer, one of a provider. */
const MOST_TAGS = 2;
const TYPE_BYTES = 2;

/** `fixIpv6`: repair IPv6 in 0x0800 too. Returns EthertypeFix. */
export function fixEthertype(bytes: Uint8Array, offset: number, length: number, fixIpv6: boolean): number {
  const end = offset + length;
  const typeAt = findType(bytes, offset, end);
  if (typeAt < 0) return EthertypeFix.PASSED;
  const ip = typeAt + TYPE_BYTES;
  const saysIpv6 = readU16(bytes, typeAt) === EtherType.IPV6;
  const version = bytes[ip]! >>> 4;
  if (version === (saysIpv6 ? 6 : 4)) return EthertypeFix.PASSED;
  if (saysIpv6 && version === 4 && isWholeIpv4(bytes, ip, end)) {
    writeU16(bytes, typeAt, EtherType.IPV4);
    return EthertypeFix.FIXED4;
  }
  if (fixIpv6 && !saysIpv6 && version === 6 && isWholeIpv6(bytes, ip, end)) {
    writeU16(bytes, typeAt, EtherType.IPV6);
    return EthertypeFix.FIXED6;
  }
  return EthertypeFix.SUSPICIOUS;
}

/** Where the innermost type stands, if it is one of IP and a byte follows it; else -1. */
function findType(bytes: Uint8Array, offset: number, end: number): number {
  let at = offset + ETHERNET_HEADER_BYTES - TYPE_BYTES;
  for (let tags = 0; at + TYPE_BYTES < end; tags++) {
    const type = readU16(bytes, at);
    if (type === EtherType.IPV4 || type === EtherType.IPV6) return at;
    if (tags === MOST_TAGS || (type !== EtherType.VLAN && type !== EtherType.SERVICE_VLAN)) return -1;
    at += VLAN_TAG_BYTES;
  }
  return -1;
}

/** Padding may follow; header and packet must lie within the frame. */
function isWholeIpv4(bytes: Uint8Array, ip: number, end: number): boolean {
  const headerBytes = (bytes[ip]! & 0xf) * 4;
  if (headerBytes < IPV4_HEADER_BYTES || ip + IPV4_HEADER_BYTES > end) return false;
  const totalBytes = readU16(bytes, ip + Ipv4.TOTAL_LENGTH);
  return totalBytes >= headerBytes && ip + totalBytes <= end;
}

function isWholeIpv6(bytes: Uint8Array, ip: number, end: number): boolean {
  if (ip + IPV6_HEADER_BYTES > end) return false;
  return ip + IPV6_HEADER_BYTES + readU16(bytes, ip + Ipv6.PAYLOAD_LENGTH) <= end;
}
