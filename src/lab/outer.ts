/**
 * The outer headers of a captured VXLAN packet (RFC 7348 §5), read by hand: see `pcap.ts` for why.
 */
import ipaddr from "ipaddr.js";

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERNET_SIZE = 14;
const IPV6_SIZE = 40;
const UDP_SIZE = 8;
const VXLAN_SIZE = 8;
const PROTOCOL_UDP = 17;
const NEXT_HEADER_FRAGMENT = 44;
const FLAG_VNI = 0x08;

export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  readonly df: boolean;
  readonly fragment: boolean;
  readonly payload: Buffer;
  /** Sum of the pseudo header's 16-bit words without the length, for the UDP checksum. */
  readonly pseudoSum: number;
}

export interface VxlanPacket {
  readonly ip: IpPacket;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly udpChecksum: "zero" | "valid" | "wrong";
  readonly flags: number;
  /** The reserved 24 and 8 bits; a sender leaves them zero. */
  readonly reserved: number;
  readonly vni: number;
  readonly inner: Buffer;
}

export const normalAddress = (text: string): string => ipaddr.parse(text).toString();
/** An address as an operator writes it, not the name of a node. */
export const isAddress = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
export const addressAt = (data: Buffer, at: number, size: number) =>
  ipaddr.fromByteArray([...data.subarray(at, at + size)]).toString();

/** An untagged frame with UDP right behind its IP header. */
export function isUdp(frame: Buffer): boolean {
  if (frame.length < ETHERNET_SIZE + IPV6_SIZE) return false;
  const etherType = frame.readUInt16BE(12);
  if (etherType === ETHERTYPE_IPV4) return frame.readUInt8(ETHERNET_SIZE + 9) === PROTOCOL_UDP;
  return etherType === ETHERTYPE_IPV6 && frame.readUInt8(ETHERNET_SIZE + 6) === PROTOCOL_UDP;
}

export function parseIp(frame: Buffer): IpPacket | undefined {
  if (frame.length < ETHERNET_SIZE) return undefined;
  const etherType = frame.readUInt16BE(12);
  const data = frame.subarray(ETHERNET_SIZE);
  if (etherType === ETHERTYPE_IPV4 && data.length >= 20) return parseIpv4(data);
  if (etherType === ETHERTYPE_IPV6 && data.length >= IPV6_SIZE) return parseIpv6(data);
  return undefined;
}

function parseIpv4(data: Buffer): IpPacket {
  const headerSize = (data.readUInt8(0) & 0x0f) * 4;
  const fragmentField = data.readUInt16BE(6);
  return {
    source: addressAt(data, 12, 4),
    destination: addressAt(data, 16, 4),
    protocol: data.readUInt8(9),
    ttl: data.readUInt8(8),
    tos: data.readUInt8(1),
    df: (fragmentField & 0x4000) !== 0,
    fragment: (fragmentField & 0x3fff) !== 0,
    payload: data.subarray(headerSize, data.readUInt16BE(2)),
    pseudoSum: sumWords(data.subarray(12, 20)) + PROTOCOL_UDP,
  };
}

function parseIpv6(data: Buffer): IpPacket {
  const protocol = data.readUInt8(6);
  return {
    source: addressAt(data, 8, 16),
    destination: addressAt(data, 24, 16),
    protocol,
    ttl: data.readUInt8(7),
    tos: (data.readUInt16BE(0) >> 4) & 0xff,
    df: false,
    fragment: protocol === NEXT_HEADER_FRAGMENT,
    payload: data.subarray(IPV6_SIZE, IPV6_SIZE + data.readUInt16BE(4)),
    pseudoSum: sumWords(data.subarray(8, IPV6_SIZE)) + PROTOCOL_UDP,
  };
}

/** A packet to the given UDP port that is long enough to be VXLAN. */
export function parseVxlan(frame: Buffer, port: number): VxlanPacket | undefined {
  const ip = parseIp(frame);
  if (ip === undefined || ip.fragment || ip.protocol !== PROTOCOL_UDP) return undefined;
  const udp = ip.payload;
  if (udp.length < UDP_SIZE + VXLAN_SIZE || udp.readUInt16BE(2) !== port) return undefined;
  return {
    ip,
    sourcePort: udp.readUInt16BE(0),
    destinationPort: port,
    udpChecksum: checksumState(ip),
    flags: udp.readUInt8(UDP_SIZE),
    reserved: (udp.readUInt32BE(UDP_SIZE) & 0xffffff) + udp.readUInt8(UDP_SIZE + 7),
    vni: udp.readUIntBE(UDP_SIZE + 4, 3),
    inner: udp.subarray(UDP_SIZE + VXLAN_SIZE),
  };
}

export const hasOnlyVniFlag = ({ flags, reserved }: VxlanPacket): boolean => flags === FLAG_VNI && reserved === 0;

function checksumState({ payload, pseudoSum }: IpPacket): VxlanPacket["udpChecksum"] {
  if (payload.readUInt16BE(6) === 0) return "zero";
  let sum = pseudoSum + payload.length + sumWords(payload);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum === 0xffff ? "valid" : "wrong";
}

function sumWords(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < data.length; at += 2) sum += data.readUInt16BE(at);
  return data.length % 2 === 0 ? sum : sum + (data.readUInt8(data.length - 1) << 8);
}
