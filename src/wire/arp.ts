// ARP for IPv4 over Ethernet (RFC 826): offsets from the header's start, and what a sound packet looks like.

import { isGroupMac } from "./ethernet.js";

export const ARP_BYTES = 28;

export const Arp = { OPERATION: 6, SENDER_MAC: 8, SENDER_IP: 14, TARGET_MAC: 18, TARGET_IP: 24 } as const;
export const ArpOperation = { REQUEST: 1, REPLY: 2 } as const;

/** Hardware type Ethernet, protocol IPv4. */
export const ARP_ETHERNET_IPV4 = 0x00010800;
/** Address lengths 6 and 4. */
export const ARP_LENGTHS = 0x0604;

export function isSoundArp(view: DataView, arp: number): boolean {
  if (view.getInt32(arp) !== ARP_ETHERNET_IPV4 || view.getUint16(arp + 4) !== ARP_LENGTHS) return false;
  const operation = view.getUint16(arp + Arp.OPERATION);
  if (operation !== ArpOperation.REQUEST && operation !== ArpOperation.REPLY) return false;
  return !isGroupMac(view.getUint16(arp + Arp.SENDER_MAC)) && maySpeak(view, arp + Arp.SENDER_IP);
}

/** Of 0/8 only 0.0.0.0 itself, the sender of a probe (RFC 5227 §2.1.1); not loopback, not multicast and beyond. */
function maySpeak(view: DataView, at: number): boolean {
  const firstByte = view.getUint8(at);
  return firstByte === 0 ? view.getInt32(at) === 0 : firstByte !== 127 && firstByte < 224;
}
