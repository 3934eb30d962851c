// What a router of the underlay says about a packet of this VTEP that was too big, true unless told otherwise.
import { error6, icmp } from "../../corpus/icmp.js";
import { datagram, H1, LOCAL, LOCAL6, R1, V2, V2_6 } from "../../corpus/lab.js";
import { type Ipv4Options, type Ipv6Options, ipv4, ipv6, packet, udp, vxlan } from "../../corpus/packet.js";

export const ROUTER = "10.255.9.9";

export interface Quote {
  from?: string;
  to?: string;
  ports?: readonly [number, number];
  vni?: number;
  vxlanBits?: readonly number[];
  ip?: Ipv4Options & Ipv6Options;
  /** Instead of UDP and what is in it. */
  upper?: Uint8Array;
  /** Of the packet that was sent. */
  bytes?: number;
  /** How much of it the router quotes. */
  quoted?: number;
  mtu?: number;
}

const inner = (bytes: number): Uint8Array => datagram(H1, R1, bytes - 28 - 14);

export function sentBytes({
  from,
  to,
  ports = [50000, 4789],
  vni = 100,
  vxlanBits = [],
  ip,
  upper,
  bytes = 1500,
}: Quote): Uint8Array {
  const six = (to ?? V2).includes(":");
  const header = six ? ipv6(from ?? LOCAL6, to!, ip) : ipv4(from ?? LOCAL, to ?? V2, { df: true, ...ip });
  if (upper !== undefined) return packet(header, upper);
  return packet(header, udp(...ports), vxlan(vni, { toggle: vxlanBits }), inner(bytes - (six ? 56 : 36)));
}

/** As a raw socket delivers it: with the IP header of the router. */
export function needsFragments(
  quote: Quote = {},
  error: { type?: number; code?: number; to?: string; checksum?: number } = {},
): Uint8Array {
  const { type = 3, code = 4, to = LOCAL, checksum } = error;
  const about = sentBytes(quote).slice(0, quote.quoted ?? 548);
  const head = icmp(type, { code, rest: quote.mtu ?? 1400, ...(checksum === undefined ? {} : { checksum }) });
  return packet(ipv4(ROUTER, to), head, about);
}

/** Without IP header. */
export function tooBig(quote: Quote = {}, type = 2): Uint8Array {
  const about = sentBytes({ to: V2_6, ...quote }).slice(0, quote.quoted ?? 1232);
  return packet(ipv6("2001:db8:ff::99", LOCAL6), error6(type, 0, quote.mtu ?? 1400), about).slice(40);
}
