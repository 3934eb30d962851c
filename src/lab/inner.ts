/** The frame inside a VXLAN packet, read by hand as `outer.ts` does: whose it is, and whom it names. */
import { addressAt, type IpPacket, parseIp } from "./outer.js";

const ETHERNET_SIZE = 14;
const ETHERTYPE_ARP = 0x0806;
const ARP_SIZE = 28;
const PROTOCOL_ICMP = 1;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;
const ECHO_TYPES: ReadonlySet<number> = new Set([0, 8]);
const ECHO6_TYPES: ReadonlySet<number> = new Set([128, 129]);
const ND_TYPES: ReadonlySet<number> = new Set([135, 136]);
const ND_TARGET = 8;
const ARP_REQUEST = 1;
const ND_SOLICITATION = 135;
const GROUP_BIT = 1;

export interface InnerFrame {
  readonly destination: string;
  readonly source: string;
  readonly ip: IpPacket | undefined;
}

const macAt = (frame: Buffer, at: number): string => frame.toString("hex", at, at + 6).replace(/..(?=.)/g, "$&:");

export function parseInner(frame: Buffer): InnerFrame | undefined {
  if (frame.length < ETHERNET_SIZE) return undefined;
  return { destination: macAt(frame, 0), source: macAt(frame, 6), ip: parseIp(frame) };
}

/** What hosts send each other: not ARP, ND, MLD or an ICMP error. */
export function isTraffic({ ip }: InnerFrame): boolean {
  if (ip === undefined || ip.payload.length === 0) return false;
  const type = ip.payload.readUInt8(0);
  if (ip.protocol === PROTOCOL_ICMP) return ECHO_TYPES.has(type);
  if (ip.protocol === PROTOCOL_ICMPV6) return ECHO6_TYPES.has(type);
  return ip.protocol === PROTOCOL_TCP || ip.protocol === PROTOCOL_UDP;
}

/** The IP addresses that a frame is from, for, or about. */
export function addressesIn(frame: Buffer): string[] {
  const ip = parseIp(frame);
  if (ip === undefined) return arpAddresses(frame);
  const { payload } = ip;
  const isNd =
    ip.protocol === PROTOCOL_ICMPV6 && payload.length >= ND_TARGET + 16 && ND_TYPES.has(payload.readUInt8(0));
  return [ip.source, ip.destination, ...(isNd ? [addressAt(payload, ND_TARGET, 16)] : [])];
}

function arpAddresses(frame: Buffer): string[] {
  if (frame.length < ETHERNET_SIZE + ARP_SIZE || frame.readUInt16BE(12) !== ETHERTYPE_ARP) return [];
  return [addressAt(frame, ETHERNET_SIZE + 14, 4), addressAt(frame, ETHERNET_SIZE + 24, 4)];
}

/** Who is asked for in an ARP request or a neighbour solicitation, and whether only that one hears it. */
export function questionIn(frame: Buffer): { readonly address: string; readonly byUnicast: boolean } | undefined {
  const address = arpTarget(frame) ?? solicitedTarget(frame);
  return address === undefined ? undefined : { address, byUnicast: (frame.readUInt8(0) & GROUP_BIT) === 0 };
}

function arpTarget(frame: Buffer): string | undefined {
  const [, target] = arpAddresses(frame);
  return target !== undefined && frame.readUInt16BE(ETHERNET_SIZE + 6) === ARP_REQUEST ? target : undefined;
}

function solicitedTarget(frame: Buffer): string | undefined {
  const ip = parseIp(frame);
  if (ip?.protocol !== PROTOCOL_ICMPV6 || ip.payload.length < ND_TARGET + 16) return undefined;
  return ip.payload.readUInt8(0) === ND_SOLICITATION ? addressAt(ip.payload, ND_TARGET, 16) : undefined;
}
