// A packet from the underlay: is it VXLAN for us, from whom, for which domain, and is the frame inside
// fit to be bridged? (RFC 7348 §4.1, §5, §6.1; RFC 6040 §4.2.) TWIN: bpf/lib/decap.h.

import { ConfigFlag, Drop, Family } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { readI32 } from "../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType } from "../wire/ethernet.js";
import {
  decapsulatedEcn,
  Ecn,
  IPV4_FRAGMENT_MASK,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  Ipv4,
  Ipv6,
  Protocol,
  readTrafficClass,
  UDP_HEADER_BYTES,
  Udp,
} from "../wire/ip.js";
import { hasReservedBits, hasVniFlag, readVni, VXLAN_HEADER_BYTES } from "../wire/vxlan.js";
import type { Decision, Frame } from "./decision.js";
import { checkAddresses, isTagged, readAddresses, refuse } from "./ingress.js";

const MAPPED_PREFIX_WORD = 0xffff;

/** False when the packet is not ours (verdict PASS) or dropped. */
export function parseUnderlay(tables: Tables, frame: Frame, out: Decision): boolean {
  if (frame.length < ETHERNET_HEADER_BYTES) return refuse(out, Drop.RUNT);
  const etherType = frame.view.getUint16(frame.offset + 12);
  const ipv6 = tables.settings.family === Family.IPV6;
  if (etherType !== (ipv6 ? EtherType.IPV6 : EtherType.IPV4)) return false;
  const ip = frame.offset + ETHERNET_HEADER_BYTES;
  const udp = ipv6 ? findUdp6(tables, frame, ip) : findUdp4(tables, frame, ip);
  if (udp === 0) return false;
  if (!checkOuter(tables, frame, out, ip, udp, ipv6)) return false;
  return checkVxlan(tables, frame.view, out, udp) && checkInner(frame.view, out, ip, ipv6);
}

/** Offset of a UDP header that bears our address and port, else 0. Later fragments bear no port: not ours. */
function findUdp4(tables: Tables, frame: Frame, ip: number): number {
  const { view } = frame;
  const end = frame.offset + frame.length;
  if (
    ip + IPV4_HEADER_BYTES > end ||
    view.getUint8(ip) >>> 4 !== 4 ||
    view.getUint8(ip + Ipv4.PROTOCOL) !== Protocol.UDP
  )
    return 0;
  const udp = ip + (view.getUint8(ip) & 0xf) * 4;
  if (udp < ip + IPV4_HEADER_BYTES || udp + UDP_HEADER_BYTES > end) return 0;
  if ((view.getUint16(ip + Ipv4.FRAGMENT) & 0x1fff) !== 0) return 0;
  if (view.getInt32(ip + Ipv4.DESTINATION) !== readI32(tables.settings.localAddress, 12)) return 0;
  return view.getUint16(udp + Udp.DESTINATION_PORT) === tables.settings.udpPort ? udp : 0;
}

/** Extension headers are not looked through: no VTEP sends them (RFC 7348 §5). */
function findUdp6(tables: Tables, frame: Frame, ip: number): number {
  const { view } = frame;
  const udp = ip + IPV6_HEADER_BYTES;
  if (udp + UDP_HEADER_BYTES > frame.offset + frame.length) return 0;
  if (view.getUint8(ip) >>> 4 !== 6 || view.getUint8(ip + Ipv6.NEXT_HEADER) !== Protocol.UDP) return 0;
  for (let at = 0; at < 16; at += 4) {
    if (view.getInt32(ip + Ipv6.DESTINATION + at) !== readI32(tables.settings.localAddress, at)) return 0;
  }
  return view.getUint16(udp + Udp.DESTINATION_PORT) === tables.settings.udpPort ? udp : 0;
}

/** Lengths, fragments, the zero checksum, and the sender. */
function checkOuter(tables: Tables, frame: Frame, out: Decision, ip: number, udp: number, ipv6: boolean): boolean {
  const { view } = frame;
  const udpBytes = view.getUint16(udp + Udp.LENGTH);
  const ipEnd = ipv6
    ? ip + IPV6_HEADER_BYTES + view.getUint16(ip + Ipv6.PAYLOAD_LENGTH)
    : ip + view.getUint16(ip + Ipv4.TOTAL_LENGTH);
  if (!ipv6 && (view.getUint16(ip + Ipv4.FRAGMENT) & IPV4_FRAGMENT_MASK) !== 0) return refuse(out, Drop.OUTER_FRAGMENT);
  const truncated = udp + udpBytes > ipEnd || ipEnd > frame.offset + frame.length;
  if (truncated || udpBytes < UDP_HEADER_BYTES + VXLAN_HEADER_BYTES) return refuse(out, Drop.OUTER_MALFORMED);
  // SPEC: RFC 6935 §5: over IPv6 a zero checksum is only for tunnels that were told to accept it.
  if (ipv6 && view.getUint16(udp + Udp.CHECKSUM) === 0) return refuse(out, Drop.UDP_ZERO_CHECKSUM);
  out.innerOffset = udp + UDP_HEADER_BYTES + VXLAN_HEADER_BYTES;
  out.innerLength = udpBytes - UDP_HEADER_BYTES - VXLAN_HEADER_BYTES;
  return checkSender(tables, view, out, ip, ipv6);
}

function checkSender(tables: Tables, view: DataView, out: Decision, ip: number, ipv6: boolean): boolean {
  const { localAddress, flags } = tables.settings;
  readSender(view, out, ip, ipv6);
  if (isAddress(localAddress, out)) return refuse(out, Drop.REFLECTED);
  out.vtep = tables.vteps.find(out.sender0, out.sender1, out.sender2, out.sender3);
  if ((flags & ConfigFlag.KNOWN_VTEPS_ONLY) === 0 || tables.vteps.isKnown(out.vtep)) return true;
  out.vtep = 0;
  return refuse(out, Drop.UNKNOWN_VTEP);
}

function readSender(view: DataView, out: Decision, ip: number, ipv6: boolean): void {
  const at = ip + (ipv6 ? Ipv6.SOURCE : Ipv4.SOURCE);
  out.sender0 = ipv6 ? view.getInt32(at) : 0;
  out.sender1 = ipv6 ? view.getInt32(at + 4) : 0;
  out.sender2 = ipv6 ? view.getInt32(at + 8) : MAPPED_PREFIX_WORD;
  out.sender3 = ipv6 ? view.getInt32(at + 12) : view.getInt32(at);
}

function isAddress(address: Uint8Array, out: Decision): boolean {
  const low = readI32(address, 12) === out.sender3 && readI32(address, 8) === out.sender2;
  return low && readI32(address, 4) === out.sender1 && readI32(address, 0) === out.sender0;
}

function checkVxlan(tables: Tables, view: DataView, out: Decision, udp: number): boolean {
  const vxlan = udp + UDP_HEADER_BYTES;
  if (!hasVniFlag(view, vxlan)) return refuse(out, Drop.VXLAN_NO_I_FLAG);
  // DIVERGES: RFC 7348 §5 says reserved bits are ignored; Linux drops them, and so does profile `linux`.
  const strict = (tables.settings.flags & ConfigFlag.PROFILE_LINUX) !== 0;
  if (strict && hasReservedBits(view, vxlan)) return refuse(out, Drop.VXLAN_RESERVED_BITS);
  const vni = readVni(view, vxlan);
  out.fromTunnel = true;
  out.bd = tables.bridgeDomains.byVni(vni);
  out.ingressBd = out.bd;
  if (out.bd === 0) out.vrf = tables.vrfs.byVni(vni);
  return out.bd !== 0 || out.vrf !== 0 || refuse(out, Drop.UNKNOWN_VNI);
}

function checkInner(view: DataView, out: Decision, ip: number, ipv6: boolean): boolean {
  if (out.innerLength < ETHERNET_HEADER_BYTES) return refuse(out, Drop.RUNT);
  readAddresses(view, out.innerOffset, out);
  out.etherType = view.getUint16(out.innerOffset + 12);
  // SPEC: RFC 7348 §6.1: a tagged inner frame is discarded unless configured otherwise.
  if (isTagged(out)) return refuse(out, Drop.INNER_VLAN);
  return checkAddresses(out) && checkEcn(view, out, readTrafficClass(view, ip, ipv6));
}

function checkEcn(view: DataView, out: Decision, outerClass: number): boolean {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  const ipv6 = out.etherType === EtherType.IPV6;
  const headerBytes = ipv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  if (!ipv6 && out.etherType !== EtherType.IPV4) return true;
  if (out.innerLength < ETHERNET_HEADER_BYTES + headerBytes) return true;
  const inner = readTrafficClass(view, ip, ipv6);
  const ecn = decapsulatedEcn(inner & Ecn.MASK, outerClass & Ecn.MASK);
  if (ecn < 0) return refuse(out, Drop.ECN_ILLEGAL);
  if (ecn !== (inner & Ecn.MASK)) out.innerTrafficClass = (inner & ~Ecn.MASK) | ecn;
  return true;
}
