// Carries out a decision on the bytes: one finished frame per egress, handed to a Transmit.
// The inner frame stays where it is; each header is written in front of it, so a flood to hundreds of
// VTEPs copies nothing here. Twelve bytes of addresses are written again for each copy, because a
// tag in front of the former one moved them.

import { ConfigFlag } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { UNRESOLVED } from "../tables/vtep.js";
import { replaceWord } from "../wire/checksum.js";
import { ETHERNET_HEADER_BYTES, EtherType, VLAN_TAG_BYTES } from "../wire/ethernet.js";
import { Ipv4, Ipv6, writeIpv6TrafficClass } from "../wire/ip.js";
import { type Decision, Egress, type Frame } from "./decision.js";
import { pushEthernet, pushOuter } from "./encap.js";
import { clampMss } from "./mss_clamp.js";

/** Bytes in front of a frame that executing may overwrite: outer Ethernet + IPv6 + UDP + VXLAN, rounded up. */
export const HEADROOM_BYTES = 80;

/**
 * Where finished frames go. The bytes must be copied or sent before the call returns; with `last`, no other
 * copy of this frame follows, so they also stay as they are until the caller of handle() reuses its buffer.
 */
export interface Transmit {
  toPort(port: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void;
  toUnderlay(adjacency: number, bytes: Uint8Array, offset: number, length: number, last: boolean): void;
  /** An IP packet whose next hop is not resolved: the kernel routes it, resolves and queues (RFC 4861 §7.2.2). */
  toKernel(vtep: number, bytes: Uint8Array, offset: number, length: number): void;
}

/** The buffer needs HEADROOM_BYTES in front of the frame. */
export function execute(tables: Tables, frame: Frame, decision: Decision, transmit: Transmit): void {
  if (decision.innerTrafficClass >= 0) writeInnerTrafficClass(frame, decision);
  if (decision.routed && !decision.originated && decision.egressCount !== 0) countDownTtl(frame, decision);
  for (let index = 0; index < decision.egressCount; index++) {
    const target = decision.egressTarget[index]!;
    const last = index === decision.egressCount - 1;
    if (decision.egressKind[index] === Egress.PORT) sendToPort(tables, frame, decision, target, transmit, last);
    else sendToVtep(tables, frame, decision, target, transmit, last);
  }
}

function writeInnerTrafficClass({ bytes, view }: Frame, decision: Decision): void {
  const ip = decision.innerOffset + ETHERNET_HEADER_BYTES;
  const value = decision.innerTrafficClass;
  if (decision.etherType === EtherType.IPV6) writeIpv6TrafficClass(view, ip, value);
  else replaceWord(bytes, ip, ip + Ipv4.CHECKSUM, (view.getUint8(ip) << 8) | value);
}

/** Once for each routing step (RFC 1812 §5.3.1, RFC 8200 §3). */
function countDownTtl({ bytes, view }: Frame, decision: Decision): void {
  const ip = decision.innerOffset + ETHERNET_HEADER_BYTES;
  if (view.getUint8(ip) >>> 4 === 6) view.setUint8(ip + Ipv6.HOP_LIMIT, view.getUint8(ip + Ipv6.HOP_LIMIT) - 1);
  else replaceWord(bytes, ip + Ipv4.TTL, ip + Ipv4.CHECKSUM, view.getUint16(ip + Ipv4.TTL) - 0x0100);
}

function sendToPort(
  tables: Tables,
  frame: Frame,
  decision: Decision,
  port: number,
  transmit: Transmit,
  last: boolean,
): void {
  const { view } = frame;
  const vlan = tables.ports.vlan[port]!;
  const tagBytes = vlan === 0 ? 0 : VLAN_TAG_BYTES;
  const start = decision.innerOffset - tagBytes;
  writeAddresses(view, start, decision);
  if (vlan !== 0) {
    view.setUint16(start + 12, EtherType.VLAN);
    view.setUint16(start + 14, vlan);
  }
  const length = decision.innerLength + tagBytes;
  // Tags are not counted, as on the way in: traffic between two ports of a domain adds up.
  tables.counters.ports.transmit(port, decision.innerLength);
  transmit.toPort(port, frame.bytes, start, length, last);
}

function sendToVtep(
  tables: Tables,
  frame: Frame,
  decision: Decision,
  vtep: number,
  transmit: Transmit,
  last: boolean,
): void {
  const { innerOffset, innerLength, flowHash } = decision;
  writeAddresses(frame.view, innerOffset, decision);
  if ((tables.settings.flags & ConfigFlag.MSS_CLAMP) !== 0) clampMss(tables, frame, decision, vtep);
  const ip = pushOuter(tables, vtep, frame, decision);
  const end = innerOffset + innerLength;
  tables.counters.vteps.transmit(vtep, innerLength);
  if (decision.bd !== 0) tables.counters.bridgeDomains.transmit(decision.bd, innerLength);
  const adjacency = tables.groups.adjacencyOf(tables.vteps.group[vtep]!, flowHash);
  if (adjacency === UNRESOLVED) {
    transmit.toKernel(vtep, frame.bytes, ip, end - ip);
    return;
  }
  const start = pushEthernet(tables, adjacency, frame.view, ip);
  transmit.toUnderlay(adjacency, frame.bytes, start, end - start, last);
}

function writeAddresses(view: DataView, at: number, decision: Decision): void {
  view.setUint16(at, decision.destinationHi);
  view.setInt32(at + 2, decision.destinationLo);
  view.setUint16(at + 6, decision.sourceHi);
  view.setInt32(at + 8, decision.sourceLo);
}
