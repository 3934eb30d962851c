// ARP requests and neighbour solicitations that the VTEP sends itself: to all, to find who has an address, or to one
// host, to hear whether it is still there. And announcements, in the name of a host that did not make them itself.
// SPEC: RFC 5227 §2.3, RFC 4861 §7.2.8 (announcements); RFC 826; RFC 5227 §2.1.1 (sender 0.0.0.0); RFC 4861 §4.3, §7.2.2; RFC 2464 §7; RFC 4291 §2.7.1.

import { BdFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { ARP_BYTES, ARP_ETHERNET_IPV4, ARP_LENGTHS, Arp, ArpOperation } from "../../wire/arp.js";
import { readI32 } from "../../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType, MAC_BYTES, type Mac, writeMac } from "../../wire/ethernet.js";
import { IPV6_HEADER_BYTES, Ipv6, Protocol } from "../../wire/ip.js";
import { icmpSum, ND_HOP_LIMIT, Nd, NdOption, NdType } from "../../wire/nd.js";
import { linkLocalOf } from "../link_local.js";
import { isIpv4Mapped } from "../netlink/index.js";

/** A solicitation or an advertisement with its option. */
const ND_BYTES = 32;
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const BROADCAST: Mac = { hi: 0xffff, lo: -1 };
const UNSPECIFIED = new Uint8Array(16);

/** Who asks: the gateway from its address in that subnet, or where there is none the VTEP without address. */
interface Asker {
  readonly mac: Mac;
  /** 16 bytes; of IPv4 the last four count. */
  readonly address: Uint8Array;
}

/** A finished frame into domain `bd`: to the host with this MAC, or without one to all. */
export function requestFor(tables: Tables, bd: number, address: Uint8Array, mac?: Mac): Uint8Array {
  const asker = askerFor(tables, bd, address);
  return isIpv4Mapped(address) ? arpRequest(asker, address, mac) : solicitation(asker, address, mac);
}

/** Tells all hosts of domain `bd` which MAC the address has now. */
export function announcementFor(
  tables: Tables,
  bd: number,
  address: Uint8Array,
  mac: Mac,
  isRouter: boolean,
): Uint8Array {
  const asker = askerFor(tables, bd, address);
  if (isIpv4Mapped(address)) return arpRequest(asker, address, BROADCAST, { mac, address });
  return advertisement(asker, address, mac, isRouter ? Nd.ROUTER | Nd.OVERRIDE : Nd.OVERRIDE);
}

/** IPv6 knows no probe from nowhere to one host (RFC 4861 §7.1.1): a link-local address made of the MAC asks. */
function askerFor({ bridgeDomains, probeHi, probeLo }: Tables, bd: number, address: Uint8Array): Asker {
  const isGateway = (bridgeDomains.flags[bd]! & BdFlag.GATEWAY) !== 0;
  const mac = isGateway
    ? { hi: bridgeDomains.gatewayHi[bd]!, lo: bridgeDomains.gatewayLo[bd]! }
    : { hi: probeHi, lo: probeLo };
  const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => readI32(address, at)) as [number, number, number, number];
  const own = isGateway ? bridgeDomains.gatewayOf(bd, w0, w1, w2, w3)?.address : undefined;
  return { mac, address: own ?? (isIpv4Mapped(address) ? UNSPECIFIED : linkLocalOf(mac)) };
}

/** `sender`: who it says has asked. */
function arpRequest(asker: Asker, address: Uint8Array, mac: Mac = BROADCAST, sender: Asker = asker): Uint8Array {
  const frame = startFrame(ARP_BYTES, mac, asker.mac, EtherType.ARP);
  const view = new DataView(frame.buffer);
  const arp = ETHERNET_HEADER_BYTES;
  view.setInt32(arp, ARP_ETHERNET_IPV4);
  view.setUint16(arp + 4, ARP_LENGTHS);
  view.setUint16(arp + Arp.OPERATION, ArpOperation.REQUEST);
  writeMac(frame, arp + Arp.SENDER_MAC, sender.mac.hi, sender.mac.lo);
  frame.set(sender.address.subarray(12), arp + Arp.SENDER_IP);
  frame.set(address.subarray(12), arp + Arp.TARGET_IP);
  return frame;
}

function solicitation(asker: Asker, address: Uint8Array, mac: Mac | undefined): Uint8Array {
  const group = solicitedNode(address);
  const to = mac ?? { hi: 0x3333, lo: readI32(group, 12) };
  const frame = startNd(asker, to, mac === undefined ? group : address, NdType.SOLICITATION, address);
  return finishNd(frame, NdOption.SOURCE_MAC, asker.mac);
}

function advertisement(asker: Asker, address: Uint8Array, mac: Mac, flags: number): Uint8Array {
  const to = { hi: 0x3333, lo: readI32(ALL_NODES, 12) };
  const frame = startNd(asker, to, ALL_NODES, NdType.ADVERTISEMENT, address);
  frame[ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + Nd.FLAGS] = flags;
  return finishNd(frame, NdOption.TARGET_MAC, mac);
}

function startNd(asker: Asker, to: Mac, destination: Uint8Array, type: number, target: Uint8Array): Uint8Array {
  const frame = startFrame(IPV6_HEADER_BYTES + ND_BYTES, to, asker.mac, EtherType.IPV6);
  const view = new DataView(frame.buffer);
  const ip = ETHERNET_HEADER_BYTES;
  const icmp = ip + IPV6_HEADER_BYTES;
  view.setInt32(ip, 0x60000000);
  view.setUint16(ip + Ipv6.PAYLOAD_LENGTH, ND_BYTES);
  view.setUint16(ip + Ipv6.NEXT_HEADER, (Protocol.ICMPV6 << 8) | ND_HOP_LIMIT);
  frame.set(asker.address, ip + Ipv6.SOURCE);
  frame.set(destination, ip + Ipv6.DESTINATION);
  view.setUint8(icmp, type);
  frame.set(target, icmp + Nd.TARGET);
  return frame;
}

/** With the one option, which says a MAC, and the checksum. */
function finishNd(frame: Uint8Array, option: number, { hi, lo }: Mac): Uint8Array {
  const view = new DataView(frame.buffer);
  const icmp = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
  view.setUint16(icmp + Nd.OPTIONS, (option << 8) | 1);
  writeMac(frame, icmp + Nd.OPTIONS + 2, hi, lo);
  view.setUint16(icmp + Nd.CHECKSUM, icmpSum(view, ETHERNET_HEADER_BYTES, ND_BYTES));
  return frame;
}

/** ff02::1:ffXX:XXXX */
function solicitedNode(address: Uint8Array): Uint8Array {
  const group = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0);
  group.set(address.subarray(13), 13);
  return group;
}

function startFrame(payloadBytes: number, to: Mac, from: Mac, etherType: number): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + payloadBytes);
  writeMac(frame, 0, to.hi, to.lo);
  writeMac(frame, MAC_BYTES, from.hi, from.lo);
  new DataView(frame.buffer).setUint16(MAC_BYTES * 2, etherType);
  return frame;
}
