// ARP and ND in a domain that answers for its gateway or for known hosts (proxy.ts): which requests are answered
// here, which bindings are learned, what is refused. Everything else is bridged as any frame. eBPF hands all of it here.
// SPEC: RFC 826, RFC 5227 (probes), RFC 4861, RFC 9161 (proxy).

import { BdFlag, Drop } from "../abi/generated.js";
import { NeighborFlag } from "../tables/neighbor.js";
import type { Tables } from "../tables/tables.js";
import { ARP_BYTES, Arp, ArpOperation, isSoundArp } from "../wire/arp.js";
import { ETHERNET_HEADER_BYTES, EtherType, isGroupMac } from "../wire/ethernet.js";
import { IPV6_HEADER_BYTES, Ipv6, Protocol } from "../wire/ip.js";
import { findOption, hasOtherOption, isSoundNeighborMessage, Nd, NdOption, NdType } from "../wire/nd.js";
import { type Decision, Effect, Reply } from "./decision.js";
import { fromHostStack } from "./host_stack.js";
import { proxy } from "./proxy.js";

const MAPPED_PREFIX_WORD = 0xffff;

/** For domains that answer. True when the frame is decided here. */
export function answerNeighbors(tables: Tables, view: DataView, out: Decision): boolean {
  const { etherType } = out;
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
  const claims = isGateway(tables, out, 0, 0, MAPPED_PREFIX_WORD, sender);
  if (sender !== 0 && !claims && isOwnMac(view, arp + Arp.SENDER_MAC, out)) {
    learn(tables, out, 0, 0, MAPPED_PREFIX_WORD, sender, NeighborFlag.NONE);
  }
  // Also where the sender claims the gateway's address: it is contradicted (RFC 5227 §2.4).
  if (request && isGateway(tables, out, 0, 0, MAPPED_PREFIX_WORD, target)) return tellGateway(tables, out, Reply.ARP);
  // The claim is not spread, unless it is another VTEP that speaks with the same address.
  if (claims && !isServedElsewhere(tables, out) && !fromHostStack(tables, out)) return refuse(out, Drop.ARP_INVALID);
  if (isForUs(tables, out)) return take(out);
  // Unicast requests are liveness checks, probes and announcements must reach whom they may contradict.
  if (!request || !isGroupMac(out.destinationHi) || sender === 0 || sender === target || out.fromTunnel) return false;
  return proxy(tables, out, Reply.ARP, false, 0, 0, MAPPED_PREFIX_WORD, target);
}

/** Addressed to the gateway, or in answer to a probe of our own (see control/neighbors). */
function isForUs({ bridgeDomains, probeHi, probeLo }: Tables, out: Decision): boolean {
  const { bd, destinationHi: hi, destinationLo: lo } = out;
  return (lo === probeLo && hi === probeHi) || bridgeDomains.isGatewayMac(bd, hi, lo);
}

/** Each VTEP answers its own hosts. The host's own stack asks whether somebody else has the address. */
function tellGateway(tables: Tables, out: Decision, reply: number): true {
  const { bridgeDomains } = tables;
  out.consume(isServedElsewhere(tables, out) || fromHostStack(tables, out) ? Reply.NONE : reply);
  out.replyHi = bridgeDomains.gatewayHi[out.bd]!;
  out.replyLo = bridgeDomains.gatewayLo[out.bd]!;
  out.replyFlags = NeighborFlag.ROUTER;
  return true;
}

/** Behind a tunnel is a gateway of the same address and MAC; where ours is central, none or only its stand-in. */
function isServedElsewhere({ bridgeDomains }: Tables, { bd, fromTunnel, askerHi, askerLo }: Decision): boolean {
  if (!fromTunnel) return false;
  const central = (bridgeDomains.flags[bd]! & BdFlag.GATEWAY_CENTRAL) !== 0;
  return !central || bridgeDomains.isGatewayMac(bd, askerHi, askerLo);
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
  const w0 = view.getInt32(at);
  const w1 = view.getInt32(at + 4);
  const w2 = view.getInt32(at + 8);
  const w3 = view.getInt32(at + 12);
  const claims = isGateway(tables, out, w0, w1, w2, w3);
  if (claims && !isServedElsewhere(tables, out) && !fromHostStack(tables, out)) return refuse(out, Drop.ND_INVALID);
  const option = findOption(view, icmp, ndEnd(view, ip), NdOption.TARGET_MAC);
  if (!claims && (option === 0 || isOwnMac(view, option + 2, out))) {
    learnAdvertised(tables, out, w0, w1, w2, w3, view.getUint8(icmp + Nd.FLAGS));
  }
  return isForUs(tables, out) && take(out);
}

function answerSolicitation(tables: Tables, view: DataView, out: Decision, ip: number, icmp: number): boolean {
  const at = icmp + Nd.TARGET;
  const w0 = view.getInt32(at);
  const w1 = view.getInt32(at + 4);
  const w2 = view.getInt32(at + 8);
  const w3 = view.getInt32(at + 12);
  const probe = isUnspecified(view, ip + Ipv6.SOURCE);
  if (!probe && !learnSource(tables, view, out, ip, icmp)) return refuse(out, Drop.ND_INVALID);
  if (isGateway(tables, out, w0, w1, w2, w3)) return tellGateway(tables, out, Reply.NEIGHBOR_ADVERTISEMENT);
  if (isForUs(tables, out)) return take(out);
  // SPEC: RFC 4862 §5.4: duplicate-address detection must reach the host that may have the address.
  if (probe || !isGroupMac(out.destinationHi) || out.fromTunnel) return false;
  const hasUnknownOption = hasOtherOption(view, icmp, ndEnd(view, ip), NdOption.SOURCE_MAC);
  return proxy(tables, out, Reply.NEIGHBOR_ADVERTISEMENT, hasUnknownOption, w0, w1, w2, w3);
}

/** False where a host asks in the gateway's name. */
function learnSource(tables: Tables, view: DataView, out: Decision, ip: number, icmp: number): boolean {
  const at = ip + Ipv6.SOURCE;
  const w0 = view.getInt32(at);
  const w1 = view.getInt32(at + 4);
  const w2 = view.getInt32(at + 8);
  const w3 = view.getInt32(at + 12);
  if (isGateway(tables, out, w0, w1, w2, w3)) return isServedElsewhere(tables, out) || fromHostStack(tables, out);
  const option = findOption(view, icmp, ndEnd(view, ip), NdOption.SOURCE_MAC);
  if (option !== 0 && isOwnMac(view, option + 2, out)) {
    learn(tables, out, w0, w1, w2, w3, knownFlags(tables, out, w0, w1, w2, w3));
  }
  return true;
}

/** What a host is, only its advertisements say: a solicitation changes nothing of it (RFC 4861 §7.2.3). */
function knownFlags({ neighbors }: Tables, out: Decision, w0: number, w1: number, w2: number, w3: number): number {
  const known = neighbors.find(out.bd, w0, w1, w2, w3);
  return known === 0 ? NeighborFlag.NONE : neighbors.flagsAt(known) & (NeighborFlag.ROUTER | NeighborFlag.ANYCAST);
}

/** SPEC: RFC 4861 §7.2.5: without O, an advertisement does not move an address to another MAC. */
function learnAdvertised(
  tables: Tables,
  out: Decision,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  ndFlags: number,
): void {
  const { neighbors } = tables;
  const override = (ndFlags & Nd.OVERRIDE) !== 0;
  const known = neighbors.find(out.bd, w0, w1, w2, w3);
  const moves = known !== 0 && (neighbors.loAt(known) !== out.askerLo || neighbors.hiAt(known) !== out.askerHi);
  if (moves && !override) return;
  const router = (ndFlags & Nd.ROUTER) !== 0 ? NeighborFlag.ROUTER : NeighborFlag.NONE;
  learn(tables, out, w0, w1, w2, w3, override ? router : router | NeighborFlag.ANYCAST);
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

function learn(tables: Tables, out: Decision, w0: number, w1: number, w2: number, w3: number, flags: number): void {
  const { bridgeDomains } = tables;
  if (out.fromTunnel && !mayTeach(tables, out, w0, w1, w2, w3)) return;
  if (bridgeDomains.isGatewayMac(out.bd, out.askerHi, out.askerLo)) return;
  out.effects |= Effect.LEARN_BINDING;
  out.bindingWord0 = w0;
  out.bindingWord1 = w1;
  out.bindingWord2 = w2;
  out.bindingWord3 = w3;
  out.bindingFlags = flags;
}

/**
 * What is behind a tunnel is told by the control plane, but where the domain learns from tunnels. A central gateway may
 * be all that knows the addresses there; those that EVPN knows are still EVPN's to move.
 */
function mayTeach(
  { bridgeDomains, neighbors }: Tables,
  { bd }: Decision,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  const flags = bridgeDomains.flags[bd]!;
  if ((flags & BdFlag.LEARN_REMOTE) !== 0) return true;
  if ((flags & BdFlag.GATEWAY_CENTRAL) === 0) return false;
  const known = neighbors.find(bd, w0, w1, w2, w3);
  return known === 0 || (neighbors.flagsAt(known) & NeighborFlag.EVPN) === 0;
}

function take(out: Decision): true {
  out.consume();
  return true;
}

function refuse(out: Decision, reason: number): true {
  out.drop(reason);
  return true;
}
