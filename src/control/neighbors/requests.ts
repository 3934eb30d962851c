// ARP requests and neighbour solicitations that the VTEP sends itself: to all, to find who has an address, or to one
// host, to hear whether it is still there.
// SPEC: RFC 826; RFC 5227 §2.1.1 (sender 0.0.0.0); RFC 4861 §4.3, §7.2.2; RFC 2464 §7; RFC 4291 §2.7.1.

import { BdFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { ARP_BYTES, ARP_ETHERNET_IPV4, ARP_LENGTHS, Arp, ArpOperation } from "../../wire/arp.js";
import { readI32 } from "../../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType, MAC_BYTES, type Mac, writeMac } from "../../wire/ethernet.js";
import { IPV6_HEADER_BYTES, Ipv6, Protocol } from "../../wire/ip.js";
import { icmpSum, ND_HOP_LIMIT, Nd, NdOption, NdType } from "../../wire/nd.js";
import { isIpv4Mapped } from "../netlink/index.js";

const SOLICITATION_BYTES = 32;
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

/** SPEC: RFC 4291 appendix A, modified EUI-64. */
function linkLocalOf({ hi, lo }: Mac): Uint8Array {
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0);
  const bytes = new Uint8Array(MAC_BYTES);
  writeMac(bytes, 0, hi, lo);
  address.set(bytes.subarray(0, 3), 8);
  address.set(bytes.subarray(3), 13);
  address[8]! ^= 0x02;
  return address;
}

function arpRequest(asker: Asker, address: Uint8Array, mac: Mac = BROADCAST): Uint8Array {
  const frame = startFrame(ARP_BYTES, mac, asker.mac, EtherType.ARP);
  const view = new DataView(frame.buffer);
  const arp = ETHERNET_HEADER_BYTES;
  view.setInt32(arp, ARP_ETHERNET_IPV4);
  view.setUint16(arp + 4, ARP_LENGTHS);
  view.setUint16(arp + Arp.OPERATION, ArpOperation.REQUEST);
  writeMac(frame, arp + Arp.SENDER_MAC, asker.mac.hi, asker.mac.lo);
  frame.set(asker.address.subarray(12), arp + Arp.SENDER_IP);
  frame.set(address.subarray(12), arp + Arp.TARGET_IP);
  return frame;
}

function solicitation(asker: Asker, address: Uint8Array, mac: Mac | undefined): Uint8Array {
  const group = solicitedNode(address);
  const to = mac ?? { hi: 0x3333, lo: readI32(group, 12) };
  const frame = startFrame(IPV6_HEADER_BYTES + SOLICITATION_BYTES, to, asker.mac, EtherType.IPV6);
  const view = new DataView(frame.buffer);
  const ip = ETHERNET_HEADER_BYTES;
  const icmp = ip + IPV6_HEADER_BYTES;
  view.setInt32(ip, 0x60000000);
  view.setUint16(ip + Ipv6.PAYLOAD_LENGTH, SOLICITATION_BYTES);
  view.setUint16(ip + Ipv6.NEXT_HEADER, (Protocol.ICMPV6 << 8) | ND_HOP_LIMIT);
  frame.set(asker.address, ip + Ipv6.SOURCE);
  frame.set(mac === undefined ? group : address, ip + Ipv6.DESTINATION);
  view.setUint8(icmp, NdType.SOLICITATION);
  frame.set(address, icmp + Nd.TARGET);
  view.setUint16(icmp + Nd.OPTIONS, (NdOption.SOURCE_MAC << 8) | 1);
  writeMac(frame, icmp + Nd.OPTIONS + 2, asker.mac.hi, asker.mac.lo);
  view.setUint16(icmp + Nd.CHECKSUM, icmpSum(view, ip, SOLICITATION_BYTES));
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
