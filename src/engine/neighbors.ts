// ARP and ND in a domain that answers for its gateway or for known hosts: which requests are answered here, which
// bindings are learned, what is refused. Everything else is bridged as any frame. eBPF hands all of it here.
// SPEC: RFC 826, RFC 5227 (probes), RFC 4861, RFC 9161 (proxy).

import { BdFlag, Drop } from "../abi/generated.js";
import { NeighborFlag } from "../tables/neighbor.js";
import type { Tables } from "../tables/tables.js";
import { ARP_BYTES, Arp, ArpOperation, isSoundArp } from "../wire/arp.js";
import { ETHERNET_HEADER_BYTES, EtherType, isGroupMac } from "../wire/ethernet.js";
import { IPV6_HEADER_BYTES, Ipv6, Protocol } from "../wire/ip.js";
import { findOption, isSoundNeighborMessage, Nd, NdOption, NdType } from "../wire/nd.js";
import { type Decision, Effect, Reply } from "./decision.js";

const MAPPED_PREFIX_WORD = 0xffff;

/** True when the frame is decided here. */
export function answerNeighbors(tables: Tables, view: DataView, out: Decision): boolean {
  if ((tables.bridgeDomains.flags[out.bd]! & (BdFlag.GATEWAY | BdFlag.ARP_SUPPRESSION)) === 0) return false;
  const etherType = view.getUint16(out.innerOffset + 12);
  if (etherType === EtherType.ARP) return answerArp(tables, view, out);
  return etherType === EtherType.IPV6 && isNeighborMessage(view, out) && answerNd(tables, view, out);
}

function answerArp(tables: Tables, view: DataView, out: Decision): boolean {
  const arp = out.innerOffset + ETHERNET_HEADER_BYTES;
  if (out.innerLength < ETHERNET_HEADER_BYTES + ARP_BYTES || !isSoundArp(view, arp))
    return refuse(out, Drop.ARP_INVALID);
  const sender = view.getInt32(arp + Arp.SENDER_IP);
  const target = view.getInt32(arp + Arp.TARGET_IP);
  const request = view.getUint16(arp + Arp.OPERATION) === ArpOperation.REQUEST;
  if (request && isGateway(tables, out, 0, 0, MAPPED_PREFIX_WORD, target)) {
    return answerForGateway(tables, out, Reply.ARP, claimsOwn(sender, target), view, arp);
  }
  // Nobody else has the gateway's address (RFC 5227 §2.4): the claim is not spread.
  if (isGateway(tables, out, 0, 0, MAPPED_PREFIX_WORD, sender) && !out.fromTunnel) return refuse(out, Drop.ARP_INVALID);
  if (sender !== 0 && isOwnMac(view, arp + Arp.SENDER_MAC, out)) learn(out, 0, 0, MAPPED_PREFIX_WORD, sender, false);
  if (tables.bridgeDomains.isGatewayMac(out.bd, out.destinationHi, out.destinationLo)) return take(out);
  // Unicast requests are liveness checks, probes and announcements must reach whom they may contradict.
  if (!request || !isGroupMac(out.destinationHi) || sender === 0 || sender === target || out.fromTunnel) return false;
  return answerForHost(tables, out, Reply.ARP, 0, 0, MAPPED_PREFIX_WORD, target);
}

/** A probe for the gateway's address, or a host that announces it as its own. */
function claimsOwn(sender: number, target: number): boolean {
  return sender === target;
}

function answerForGateway(
  tables: Tables,
  out: Decision,
  reply: number,
  claimed: boolean,
  view: DataView,
  arp: number,
): boolean {
  const { bridgeDomains } = tables;
  const sender = view.getInt32(arp + Arp.SENDER_IP);
  if (!claimed && sender !== 0 && !out.fromTunnel && isOwnMac(view, arp + Arp.SENDER_MAC, out)) {
    learn(out, 0, 0, MAPPED_PREFIX_WORD, sender, false);
  }
  return tellGateway(bridgeDomains.gatewayHi[out.bd]!, bridgeDomains.gatewayLo[out.bd]!, out, reply);
}

/** Each VTEP answers its own hosts: a request that came through a tunnel has had its answer. */
function tellGateway(hi: number, lo: number, out: Decision, reply: number): boolean {
  out.consume(out.fromTunnel ? Reply.NONE : reply);
  out.replyHi = hi;
  out.replyLo = lo;
  out.replyRouter = true;
  return true;
}

function answerForHost(
  tables: Tables,
  out: Decision,
  reply: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  const flags = tables.bridgeDomains.flags[out.bd]!;
  if ((flags & BdFlag.ARP_SUPPRESSION) === 0) return false;
  const neighbor = tables.neighbors.find(out.bd, w0, w1, w2, w3);
  if (neighbor === 0) return (flags & BdFlag.UNKNOWN_ARP_DROP) !== 0 && refuse(out, Drop.UNKNOWN_ARP_TARGET);
  const { neighbors } = tables;
  out.consume(reply);
  out.replyHi = neighbors.hiAt(neighbor);
  out.replyLo = neighbors.loAt(neighbor);
  out.replyRouter = (neighbors.flagsAt(neighbor) & NeighborFlag.ROUTER) !== 0;
  return true;
}

function isNeighborMessage(view: DataView, out: Decision): boolean {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  if (out.innerLength < ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + 4) return false;
  if (view.getUint8(ip + Ipv6.NEXT_HEADER) !== Protocol.ICMPV6) return false;
  const type = view.getUint8(ip + IPV6_HEADER_BYTES);
  return type === NdType.SOLICITATION || type === NdType.ADVERTISEMENT;
}

function answerNd(tables: Tables, view: DataView, out: Decision): boolean {
  const ip = out.innerOffset + ETHERNET_HEADER_BYTES;
  if (!isSoundNeighborMessage(view, ip, out.innerLength - ETHERNET_HEADER_BYTES)) return refuse(out, Drop.ND_INVALID);
  const icmp = ip + IPV6_HEADER_BYTES;
  if (view.getUint8(icmp) === NdType.ADVERTISEMENT) return takeAdvertisement(tables, view, out, ip, icmp);
  return answerSolicitation(tables, view, out, ip, icmp);
}

function takeAdvertisement(tables: Tables, view: DataView, out: Decision, ip: number, icmp: number): boolean {
  const at = icmp + Nd.TARGET;
  const [w0, w1] = [view.getInt32(at), view.getInt32(at + 4)];
  const [w2, w3] = [view.getInt32(at + 8), view.getInt32(at + 12)];
  if (isGateway(tables, out, w0, w1, w2, w3) && !out.fromTunnel) return refuse(out, Drop.ND_INVALID);
  const option = findOption(view, icmp, ndEnd(view, ip), NdOption.TARGET_MAC);
  if (option === 0 || isOwnMac(view, option + 2, out)) {
    learn(out, w0, w1, w2, w3, (view.getUint8(icmp + Nd.FLAGS) & Nd.ROUTER) !== 0);
  }
  return tables.bridgeDomains.isGatewayMac(out.bd, out.destinationHi, out.destinationLo) && take(out);
}

function answerSolicitation(tables: Tables, view: DataView, out: Decision, ip: number, icmp: number): boolean {
  const at = icmp + Nd.TARGET;
  const [w0, w1] = [view.getInt32(at), view.getInt32(at + 4)];
  const [w2, w3] = [view.getInt32(at + 8), view.getInt32(at + 12)];
  const probe = isUnspecified(view, ip + Ipv6.SOURCE);
  if (!probe) learnSource(view, out, ip, icmp);
  if (isGateway(tables, out, w0, w1, w2, w3)) {
    const { gatewayHi, gatewayLo } = tables.bridgeDomains;
    return tellGateway(gatewayHi[out.bd]!, gatewayLo[out.bd]!, out, Reply.NEIGHBOR_ADVERTISEMENT);
  }
  if (tables.bridgeDomains.isGatewayMac(out.bd, out.destinationHi, out.destinationLo)) return take(out);
  // SPEC: RFC 4862 §5.4: duplicate-address detection must reach the host that may have the address.
  if (probe || !isGroupMac(out.destinationHi) || out.fromTunnel) return false;
  return answerForHost(tables, out, Reply.NEIGHBOR_ADVERTISEMENT, w0, w1, w2, w3);
}

function learnSource(view: DataView, out: Decision, ip: number, icmp: number): void {
  const option = findOption(view, icmp, ndEnd(view, ip), NdOption.SOURCE_MAC);
  if (option === 0 || !isOwnMac(view, option + 2, out)) return;
  const at = ip + Ipv6.SOURCE;
  const [w0, w1] = [view.getInt32(at), view.getInt32(at + 4)];
  learn(out, w0, w1, view.getInt32(at + 8), view.getInt32(at + 12), false);
}

function ndEnd(view: DataView, ip: number): number {
  return ip + IPV6_HEADER_BYTES + view.getUint16(ip + Ipv6.PAYLOAD_LENGTH);
}

function isUnspecified(view: DataView, at: number): boolean {
  return (view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) | view.getInt32(at + 12)) === 0;
}

function isGateway(tables: Tables, out: Decision, w0: number, w1: number, w2: number, w3: number): boolean {
  return tables.bridgeDomains.isGatewayAddress(out.bd, w0, w1, w2, w3);
}

/** A sender that speaks of another MAC than its own is bridged, but teaches nothing. */
function isOwnMac(view: DataView, at: number, out: Decision): boolean {
  return view.getUint16(at) === out.askerHi && view.getInt32(at + 2) === out.askerLo;
}

/** What comes through a tunnel was learned at the other end, and is told by the control plane. */
function learn(out: Decision, w0: number, w1: number, w2: number, w3: number, router: boolean): void {
  if (out.fromTunnel) return;
  out.effects |= Effect.LEARN_BINDING;
  out.bindingWord0 = w0;
  out.bindingWord1 = w1;
  out.bindingWord2 = w2;
  out.bindingWord3 = w3;
  out.bindingRouter = router;
}

function take(out: Decision): true {
  out.consume();
  return true;
}

function refuse(out: Decision, reason: number): true {
  out.drop(reason);
  return true;
}
