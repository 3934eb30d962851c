// About which packets no ICMP error may be sent: another error, a multicast, any but the first fragment.
// SPEC: RFC 1812 §4.3.2.7; RFC 4443 §2.4(e). Both take a packet that isValidIp has passed.

import { IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol } from "../wire/ip.js";

const FRAGMENT_OFFSET_MASK = 0x1fff;
const REDIRECT6 = 137;
/** Extension headers that may stand before an upper-layer header (RFC 8200 §4.1); AH and ESP end the search. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
/** More in a row than any sender writes. */
const MAX_EXTENSIONS = 8;
const HIDDEN = -1;
const NONE = 0;

export function mayTell4(view: DataView, ip: number): boolean {
  if ((view.getUint16(ip + Ipv4.FRAGMENT) & FRAGMENT_OFFSET_MASK) !== 0) return false;
  if (view.getUint8(ip + Ipv4.PROTOCOL) !== Protocol.ICMP) return true;
  const headerBytes = (view.getUint8(ip) & 0xf) * 4;
  if (view.getUint16(ip + Ipv4.TOTAL_LENGTH) === headerBytes) return false;
  const type = view.getUint8(ip + headerBytes);
  // Questions and answers; what lies between are errors, redirects and the talk of routers.
  return type === 0 || type === 8 || type >= 13;
}

export function mayTell6(view: DataView, ip: number): boolean {
  const end = ip + IPV6_HEADER_BYTES + view.getUint16(ip + Ipv6.PAYLOAD_LENGTH);
  const icmp = findIcmp6(view, ip, end);
  if (icmp === NONE) return true;
  // Types below 128 are errors (RFC 4443 §2.1).
  return icmp !== HIDDEN && view.getUint8(icmp) >= 128 && view.getUint8(icmp) !== REDIRECT6;
}

/** Offset of an ICMPv6 message; NONE where there is none, HIDDEN where it cannot be seen. */
function findIcmp6(view: DataView, ip: number, end: number): number {
  let header = view.getUint8(ip + Ipv6.NEXT_HEADER);
  let at = ip + IPV6_HEADER_BYTES;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    if (header === Protocol.ICMPV6) return at < end ? at : HIDDEN;
    if (!isExtension(header)) return NONE;
    if (at + 8 > end) return HIDDEN;
    if (header === FRAGMENT && view.getUint16(at + 2) >>> 3 !== 0) return HIDDEN;
    const bytes = header === FRAGMENT ? 8 : (view.getUint8(at + 1) + 1) * 8;
    header = view.getUint8(at);
    at += bytes;
  }
  return HIDDEN;
}

function isExtension(header: number): boolean {
  return header === HOP_BY_HOP || header === ROUTING || header === FRAGMENT || header === DESTINATION_OPTIONS;
}
