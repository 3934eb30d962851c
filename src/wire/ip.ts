// Offsets and constants of IPv4 (RFC 791), IPv6 (RFC 8200) and UDP (RFC 768) headers, and the ECN
// rules of tunnels (RFC 6040). Only what the engine reads and writes.

export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
export const UDP_HEADER_BYTES = 8;

export const Protocol = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132 } as const;

/** ICMP and ICMPv6 types (RFC 792, RFC 4443 §4.1). */
export const ECHO_REQUEST = 8;
export const ECHO_REQUEST6 = 128;

export const Ipv4 = {
  TOS: 1,
  TOTAL_LENGTH: 2,
  ID: 4,
  FRAGMENT: 6,
  TTL: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SOURCE: 12,
  DESTINATION: 16,
} as const;

export const Ipv6 = { PAYLOAD_LENGTH: 4, NEXT_HEADER: 6, HOP_LIMIT: 7, SOURCE: 8, DESTINATION: 24 } as const;

export const Udp = { SOURCE_PORT: 0, DESTINATION_PORT: 2, LENGTH: 4, CHECKSUM: 6 } as const;

/** Don't-fragment bit of the IPv4 fragment word. */
export const IPV4_DF = 0x4000;
/** More-fragments bit and fragment offset: non-zero in every fragment. */
export const IPV4_FRAGMENT_MASK = 0x3fff;

export const Ecn = { NOT_ECT: 0, ECT1: 1, ECT0: 2, CE: 3, MASK: 3 } as const;

/**
 * ECN bits of the outer header. SPEC: RFC 6040 §4.1 normal mode copies all four code points.
 * DIVERGES: Linux sends inner CE as outer ECT(0); profile `linux` does too.
 */
export function encapsulatedEcn(inner: number, linux: boolean): number {
  return linux && inner === Ecn.CE ? Ecn.ECT0 : inner;
}

/**
 * ECN bits of the forwarded inner header, or -1 where the frame must be dropped.
 * SPEC: RFC 6040 §4.2, figure 4.
 */
export function decapsulatedEcn(inner: number, outer: number): number {
  if (inner === Ecn.NOT_ECT) return outer === Ecn.CE ? -1 : Ecn.NOT_ECT;
  if (outer === Ecn.CE) return Ecn.CE;
  if (inner === Ecn.ECT0 && outer === Ecn.ECT1) return Ecn.ECT1;
  return inner;
}

/** ::ffff:a.b.c.d, which stands for IPv4 in our tables and is nobody's on a wire (RFC 4291 §2.5.5.2). */
export function isMappedIpv4(view: DataView, at: number): boolean {
  return view.getInt32(at) === 0 && view.getInt32(at + 4) === 0 && view.getInt32(at + 8) === 0xffff;
}

/** fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(firstWord: number): boolean {
  return (firstWord & 0xffc00000) === (0xfe800000 | 0);
}

/** Type of service (IPv4) or traffic class (IPv6) of the header at `offset`. */
export function readTrafficClass(view: DataView, offset: number, ipv6: boolean): number {
  if (!ipv6) return view.getUint8(offset + Ipv4.TOS);
  return ((view.getUint8(offset) & 0xf) << 4) | (view.getUint8(offset + 1) >>> 4);
}

export function writeIpv6TrafficClass(view: DataView, offset: number, value: number): void {
  view.setUint8(offset, 0x60 | (value >>> 4));
  view.setUint8(offset + 1, ((value & 0xf) << 4) | (view.getUint8(offset + 1) & 0xf));
}
