// Packets written as one reads a trace: packet(ethernet(H1, H2), ipv4("10.0.0.1", "10.0.0.2"), udp(68, 67), payload(8)).
// Lengths, types and checksums are filled in correctly and can each be overridden to be wrong. Shares no code with
// src/wire on purpose: it is the oracle for it.

import ipaddr from "ipaddr.js";

/** What stands behind a header, and what the header in front needs to know about it. */
export interface Built {
  readonly bytes: Uint8Array;
  readonly etherType?: number;
  readonly protocol?: number;
  /** Offset of a checksum that covers a pseudo header, which only the IP layer in front can compute. */
  readonly openChecksumAt?: number;
  readonly zeroMeansNone?: boolean;
}

export type Layer = (behind: Built) => Built;

export function packet(...parts: readonly (Layer | Uint8Array)[]): Uint8Array {
  let built: Built = { bytes: new Uint8Array(0) };
  for (const part of [...parts].reverse()) {
    built = part instanceof Uint8Array ? { bytes: concat(part, built.bytes) } : part(built);
  }
  return built.bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
export const macBytes = (mac: string): number[] => mac.split(":").map((part) => Number.parseInt(part, 16));
export const ipBytes = (address: string): number[] => ipaddr.parse(address).toByteArray();

/** 16 bytes, IPv4 mapped. */
export function address16(text: string): Uint8Array {
  const bytes = ipBytes(text);
  return Uint8Array.from(bytes.length === 16 ? bytes : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes]);
}

/** Of 16 bytes; mapped IPv4 plain, IPv6 as RFC 5952 writes it. */
export function ipText(bytes: Uint8Array): string {
  const mapped = bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  return ipaddr.fromByteArray([...(mapped ? bytes.subarray(12) : bytes)]).toString();
}

/** RFC 1071 in its plainest form: the sum modulo 2^16 - 1. */
export function internetChecksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = Math.floor(sum / 0x10000) + (sum % 0x10000);
  return 0xffff - sum;
}

export function ethernet(source: string, destination: string, options: { type?: number } = {}): Layer {
  return (behind) => {
    const type = options.type ?? behind.etherType ?? 0x88b5; // IEEE 802 local experimental
    return { bytes: concat(Uint8Array.of(...macBytes(destination), ...macBytes(source), ...u16(type)), behind.bytes) };
  };
}

/** A tag behind the addresses; `type` is the tag's own protocol, 0x88a8 for a service tag. */
export function vlan(id: number, options: { pcp?: number; dei?: boolean; type?: number } = {}): Layer {
  return (behind) => ({
    etherType: options.type ?? 0x8100,
    bytes: concat(
      Uint8Array.of(
        ...u16(((options.pcp ?? 0) << 13) | (options.dei ? 0x1000 : 0) | id),
        ...u16(behind.etherType ?? 0x88b5),
      ),
      behind.bytes,
    ),
  });
}

export interface Ipv4Options {
  ttl?: number;
  tos?: number;
  id?: number;
  df?: boolean;
  mf?: boolean;
  /** Fragment offset in units of 8 bytes. */
  offset?: number;
  protocol?: number;
  version?: number;
  headerWords?: number;
  totalLength?: number;
  checksum?: number;
  /** IP options, padded to whole words by the caller. */
  options?: Uint8Array;
}

export function ipv4(source: string, destination: string, fields: Ipv4Options = {}): Layer {
  return (behind) => {
    const options = [...(fields.options ?? [])];
    const protocol = fields.protocol ?? behind.protocol ?? 253; // RFC 3692 experiment
    const addresses = [...ipBytes(source), ...ipBytes(destination)];
    const headerBytes = 20 + options.length;
    const fragment = (fields.df ? 0x4000 : 0) | (fields.mf ? 0x2000 : 0) | (fields.offset ?? 0);
    const header = [
      ((fields.version ?? 4) << 4) | (fields.headerWords ?? headerBytes / 4),
      fields.tos ?? 0,
      ...u16(fields.totalLength ?? headerBytes + behind.bytes.length),
      ...u16(fields.id ?? 0),
      ...u16(fragment),
      fields.ttl ?? 64,
      protocol,
      ...u16(0),
      ...addresses,
      ...options,
    ];
    header.splice(10, 2, ...u16(fields.checksum ?? internetChecksum(header)));
    return { etherType: 0x0800, bytes: concat(Uint8Array.from(header), closeChecksum(behind, addresses, protocol)) };
  };
}

export interface Ipv6Options {
  hopLimit?: number;
  trafficClass?: number;
  flowLabel?: number;
  nextHeader?: number;
  payloadLength?: number;
  version?: number;
}

export function ipv6(source: string, destination: string, fields: Ipv6Options = {}): Layer {
  return (behind) => {
    const nextHeader = fields.nextHeader ?? behind.protocol ?? 253;
    const addresses = [...ipBytes(source), ...ipBytes(destination)];
    const first = ((fields.version ?? 6) << 28) | ((fields.trafficClass ?? 0) << 20) | (fields.flowLabel ?? 0);
    const header = [
      ...u32(first),
      ...u16(fields.payloadLength ?? behind.bytes.length),
      nextHeader,
      fields.hopLimit ?? 64,
      ...addresses,
    ];
    return { etherType: 0x86dd, bytes: concat(Uint8Array.from(header), closeChecksum(behind, addresses, nextHeader)) };
  };
}

/** The checksum of what stands behind, now that its pseudo header is known (RFC 768, RFC 8200 §8.1). */
function closeChecksum(behind: Built, addresses: readonly number[], protocol: number): Uint8Array {
  if (behind.openChecksumAt === undefined) return behind.bytes;
  const pseudo = [...addresses, ...u32(behind.bytes.length), ...u32(protocol)];
  const sum = internetChecksum([...pseudo, ...behind.bytes]);
  const bytes = behind.bytes.slice();
  bytes.set(u16(sum === 0 && behind.zeroMeansNone ? 0xffff : sum), behind.openChecksumAt);
  return bytes;
}

export function udp(source: number, destination: number, fields: { checksum?: number; length?: number } = {}): Layer {
  return (behind) => {
    const header = [...u16(source), ...u16(destination), ...u16(fields.length ?? 8 + behind.bytes.length)];
    const bytes = concat(Uint8Array.of(...header, ...u16(fields.checksum ?? 0)), behind.bytes);
    const open = fields.checksum === undefined ? { openChecksumAt: 6, zeroMeansNone: true } : {};
    return { protocol: 17, bytes, ...open };
  };
}

export interface TcpFields {
  sequence?: number;
  flags?: number;
  /** Padded to whole words by the caller. */
  options?: readonly number[];
  /** Of the header, as it claims. */
  headerWords?: number;
}

export function tcp(source: number, destination: number, fields: TcpFields = {}): Layer {
  return (behind) => {
    const { options = [], headerWords = 5 + options.length / 4 } = fields;
    const header = [...u16(source), ...u16(destination), ...u32(fields.sequence ?? 1), ...u32(0)];
    header.push(headerWords << 4, fields.flags ?? 0x10, ...u16(0xffff), ...u16(0), ...u16(0), ...options);
    return { protocol: 6, bytes: concat(Uint8Array.from(header), behind.bytes), openChecksumAt: 16 };
  };
}

export interface ArpFields {
  hardware?: number;
  protocol?: number;
  lengths?: readonly [number, number];
  operation?: number;
}

/** RFC 826: who has `target`, tell `sender`. With a target MAC, a reply. */
export function arp(
  senderMac: string,
  sender: string,
  target: string,
  targetMac?: string,
  fields: ArpFields = {},
): Layer {
  return (behind) => {
    const { hardware = 1, protocol = 0x0800, lengths = [6, 4] } = fields;
    const operation = fields.operation ?? (targetMac === undefined ? 1 : 2);
    const addresses = [...macBytes(senderMac), ...ipBytes(sender), ...macBytes(targetMac ?? "00:00:00:00:00:00")];
    const head = [...u16(hardware), ...u16(protocol), ...lengths, ...u16(operation)];
    return {
      etherType: 0x0806,
      bytes: concat(Uint8Array.from([...head, ...addresses, ...ipBytes(target)]), behind.bytes),
    };
  };
}

/** Bits count from the left as in RFC 7348 §5: 4 is the I flag, 32 to 55 the VNI; `toggle` flips them. */
export function vxlan(vni: number, options: { toggle?: readonly number[] } = {}): Layer {
  return (behind) => {
    const header = Uint8Array.of(0x08, 0, 0, 0, ...u32(vni << 8));
    for (const bit of options.toggle ?? []) header[bit >>> 3]! ^= 0x80 >>> (bit & 7);
    return { bytes: concat(header, behind.bytes) };
  };
}

/** Counting bytes, so that a displaced byte shows. */
export function payload(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);
}
