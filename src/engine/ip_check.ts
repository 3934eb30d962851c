// Whether a router may look at a packet at all, and pass it on: SPEC: RFC 1812 §5.2.2, §5.3.7; RFC 8200 §3.

import { checksumOf } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES, EtherType } from "../wire/ethernet.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, isLinkLocal, isMappedIpv4 } from "../wire/ip.js";
import type { Decision } from "./decision.js";

/** Header whole and sound, length within the frame, source that a host may have, destination a single one. */
export function isValidIp(view: DataView, out: Decision): boolean {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  const room = out.innerLength - ETHERNET_HEADER_BYTES;
  if (out.etherType === EtherType.IPV4) return isValidIpv4(view, ip, room);
  return out.etherType === EtherType.IPV6 && isValidIpv6(view, ip, room);
}

function isValidIpv4(view: DataView, ip: number, room: number): boolean {
  if (room < IPV4_HEADER_BYTES) return false;
  const headerBytes = (view.getUint8(ip) & 0xf) * 4;
  const totalBytes = view.getUint16(ip + Ipv4.TOTAL_LENGTH);
  if (view.getUint8(ip) >>> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES) return false;
  if (totalBytes < headerBytes || totalBytes > room) return false;
  if (checksumOf(headerSum(view, ip, headerBytes)) !== 0) return false;
  const source = view.getUint8(ip + Ipv4.SOURCE);
  const destination = view.getUint8(ip + Ipv4.DESTINATION);
  // 0/8, loopback, multicast and beyond are nobody's source; the same are no single destination.
  return isUnicast4(source) && isUnicast4(destination);
}

function isUnicast4(firstByte: number): boolean {
  return firstByte !== 0 && firstByte !== 127 && firstByte < 224;
}

function headerSum(view: DataView, at: number, length: number): number {
  let sum = 0;
  for (let word = 0; word < length; word += 2) sum += view.getUint16(at + word);
  return sum;
}

function isValidIpv6(view: DataView, ip: number, room: number): boolean {
  if (room < IPV6_HEADER_BYTES || view.getUint8(ip) >>> 4 !== 6) return false;
  if (view.getUint16(ip + Ipv6.PAYLOAD_LENGTH) + IPV6_HEADER_BYTES > room) return false;
  return isUnicast6(view, ip + Ipv6.SOURCE) && isUnicast6(view, ip + Ipv6.DESTINATION);
}

/** Not multicast, not :: or ::1, not IPv4 in disguise. */
function isUnicast6(view: DataView, at: number): boolean {
  if (view.getUint8(at) === 0xff || isMappedIpv4(view, at)) return false;
  const rest = view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8);
  return rest !== 0 || view.getUint32(at + 12) > 1;
}

/** SPEC: RFC 4291 §2.5.6: an IPv6 packet that has a link-local source or destination is for this link only. */
export function staysOnLink(view: DataView, ip: number): boolean {
  return isLinkLocal(view.getInt32(ip + Ipv6.SOURCE)) || isLinkLocal(view.getInt32(ip + Ipv6.DESTINATION));
}
