// Whether an ICMP error of the underlay says something about the path to one of our VTEPs, and what: "fragmentation
// needed" (RFC 792, RFC 1191 §3) or "packet too big" (RFC 4443 §3.2). Anybody can send one, so the packet that it
// quotes must be one that we may have sent: SPEC: RFC 5927 §4, §7; RFC 8201 §4.

import { Family } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { addToSum, checksumOf } from "../../wire/checksum.js";
import {
  IPV4_DF,
  IPV4_FRAGMENT_MASK,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  Ipv4,
  Ipv6,
  Protocol,
  UDP_HEADER_BYTES,
  Udp,
} from "../../wire/ip.js";
import { hasVniFlag, readVni, VXLAN_HEADER_BYTES } from "../../wire/vxlan.js";

const ICMP_HEADER_BYTES = 8;
/** Version and header length of what we send. */
const IPV4_WITHOUT_OPTIONS = 0x45;
const MAPPED_PREFIX_WORD = 0xffff;
const FRAGMENTATION_NEEDED = 0x0304;
const PACKET_TOO_BIG = 2;
/** What every host takes over IPv4 (RFC 1122 §3.3.2), and every link over IPv6 (RFC 8200 §5). */
const LEAST_MTU4 = 576;
const LEAST_MTU6 = 1280;
/** In ICMP over IPv4; larger than any packet says nothing. */
const MTU4_AT = 6;
const MTU6_AT = 4;

/** Why an error about one of our tunnels is not believed. */
export type Refusal =
  | "checksum_wrong"
  | "quote_too_short"
  | "unknown_vtep"
  | "fragments_allowed"
  | "source_port_not_ours"
  | "unknown_vni"
  | "mtu_too_small"
  | "quoted_packet_fits";

export type Judgement =
  | { readonly kind: "learned"; readonly vtep: number; readonly mtuBytes: number }
  /** About other traffic of this host, or no such error at all. */
  | { readonly kind: "not_ours" }
  /** We know of such a limit, or a smaller one: packets that were on their way earn several errors. */
  | { readonly kind: "nothing_new" }
  | { readonly kind: "refused"; readonly why: Refusal };

/** The quoted packet, of either family. */
interface Quoted {
  readonly ip: number;
  readonly headerBytes: number;
  readonly totalBytes: number;
  readonly vtep: number;
  readonly mayBeCut: boolean;
}

const NOT_OURS: Judgement = { kind: "not_ours" };
const refused = (why: Refusal): Judgement => ({ kind: "refused", why });

/**
 * `message` as a raw socket delivers it: over IPv4 with the IP header, over IPv6 without (RFC 3542 §3), where the kernel
 * has verified the checksum. `believedMtu` is what we take the path to a VTEP for.
 */
export function judgePathMtu(tables: Tables, message: Uint8Array, believedMtu: (vtep: number) => number): Judgement {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return tables.settings.family === Family.IPV6
    ? judge6(tables, view, believedMtu)
    : judge4(tables, message, view, believedMtu);
}

function judge4(tables: Tables, message: Uint8Array, view: DataView, believedMtu: (vtep: number) => number): Judgement {
  if (view.byteLength < IPV4_HEADER_BYTES || view.getUint8(Ipv4.PROTOCOL) !== Protocol.ICMP) return NOT_OURS;
  const icmp = (view.getUint8(0) & 0xf) * 4;
  const ip = icmp + ICMP_HEADER_BYTES;
  if (icmp < IPV4_HEADER_BYTES || view.byteLength < ip + IPV4_HEADER_BYTES) return NOT_OURS;
  if (view.getUint16(icmp) !== FRAGMENTATION_NEEDED || view.getUint8(ip) !== IPV4_WITHOUT_OPTIONS) return NOT_OURS;
  const own = new DataView(tables.settings.localAddress.buffer, tables.settings.localAddress.byteOffset);
  const isFromUs = view.getInt32(ip + Ipv4.SOURCE) === own.getInt32(12);
  if (!isFromUs || view.getInt32(Ipv4.DESTINATION) !== own.getInt32(12)) return NOT_OURS;
  if (view.getUint8(ip + Ipv4.PROTOCOL) !== Protocol.UDP) return NOT_OURS;
  if (checksumOf(addToSum(0, message, icmp, message.length - icmp)) !== 0) return refused("checksum_wrong");
  const fragment = view.getUint16(ip + Ipv4.FRAGMENT);
  const quoted: Quoted = {
    ip,
    headerBytes: IPV4_HEADER_BYTES,
    totalBytes: view.getUint16(ip + Ipv4.TOTAL_LENGTH),
    vtep: tables.vteps.find(0, 0, MAPPED_PREFIX_WORD, view.getInt32(ip + Ipv4.DESTINATION)),
    mayBeCut: (fragment & IPV4_DF) === 0 || (fragment & IPV4_FRAGMENT_MASK) !== 0,
  };
  return judgeQuoted(tables, view, quoted, view.getUint16(icmp + MTU4_AT), LEAST_MTU4, believedMtu);
}

/** Its code says nothing (RFC 4443 §3.2). */
function judge6(tables: Tables, view: DataView, believedMtu: (vtep: number) => number): Judgement {
  const ip = ICMP_HEADER_BYTES;
  if (view.byteLength < ip + IPV6_HEADER_BYTES || view.getUint8(0) !== PACKET_TOO_BIG) return NOT_OURS;
  if (view.getUint8(ip) >>> 4 !== 6 || view.getUint8(ip + Ipv6.NEXT_HEADER) !== Protocol.UDP) return NOT_OURS;
  if (tables.settings.localAddress.some((byte, at) => view.getUint8(ip + Ipv6.SOURCE + at) !== byte)) return NOT_OURS;
  const to = ip + Ipv6.DESTINATION;
  const words = [0, 4, 8, 12].map((at) => view.getInt32(to + at)) as [number, number, number, number];
  const quoted: Quoted = {
    ip,
    headerBytes: IPV6_HEADER_BYTES,
    totalBytes: view.getUint16(ip + Ipv6.PAYLOAD_LENGTH) + IPV6_HEADER_BYTES,
    vtep: tables.vteps.find(...words),
    mayBeCut: false,
  };
  return judgeQuoted(tables, view, quoted, view.getUint32(MTU6_AT), LEAST_MTU6, believedMtu);
}

/** The quote holds at least the UDP header (RFC 792), and mostly much more. */
function judgeQuoted(
  { settings, bridgeDomains, vrfs }: Tables,
  view: DataView,
  { ip, headerBytes, totalBytes, vtep, mayBeCut }: Quoted,
  mtuBytes: number,
  leastMtu: number,
  believedMtu: (vtep: number) => number,
): Judgement {
  const udp = ip + headerBytes;
  if (view.byteLength < udp + UDP_HEADER_BYTES) return refused("quote_too_short");
  if (view.getUint16(udp + Udp.DESTINATION_PORT) !== settings.udpPort) return NOT_OURS;
  if (vtep === 0) return refused("unknown_vtep");
  if (mayBeCut) return refused("fragments_allowed");
  const port = view.getUint16(udp + Udp.SOURCE_PORT) - settings.sourcePortMin;
  if (port < 0 || port >= settings.sourcePortCount) return refused("source_port_not_ours");
  const vxlan = udp + UDP_HEADER_BYTES;
  if (view.byteLength >= vxlan + VXLAN_HEADER_BYTES) {
    const vni = readVni(view, vxlan);
    const isOurs = bridgeDomains.byVni(vni) !== 0 || vrfs.byVni(vni) !== 0;
    if (!hasVniFlag(view, vxlan) || !isOurs) return refused("unknown_vni");
  }
  if (mtuBytes < leastMtu) return refused("mtu_too_small");
  if (totalBytes <= mtuBytes) return refused("quoted_packet_fits");
  return mtuBytes < believedMtu(vtep) ? { kind: "learned", vtep, mtuBytes } : { kind: "nothing_new" };
}
