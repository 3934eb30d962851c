// ICMP, ICMPv6 and Neighbor Discovery messages for the packet builder (RFC 792, RFC 4443, RFC 4861).

import { type Built, concat, internetChecksum, ipBytes, type Layer, macBytes, u16, u32 } from "./packet.js";

export interface IcmpFields {
  code?: number;
  /** The four bytes behind the checksum. */
  rest?: number;
  checksum?: number;
}

export function icmp(type: number, { code = 0, rest = 0, checksum }: IcmpFields = {}): Layer {
  return (behind) => {
    const message = [type, code, 0, 0, ...u32(rest), ...behind.bytes];
    message.splice(2, 2, ...u16(checksum ?? internetChecksum(message)));
    return { protocol: 1, bytes: Uint8Array.from(message) };
  };
}

const words = (high: number, low: number): number => high * 65536 + low;

/** Echo request, as a reply with its type. */
export const echo = (id = 1, sequence = 1): Layer => icmp(8, { rest: words(id, sequence) });
export const echoReply = (id = 1, sequence = 1): Layer => icmp(0, { rest: words(id, sequence) });

/** Echo request unless said otherwise. */
export function icmpv6(
  type = 128,
  body: Uint8Array = Uint8Array.of(0, 1, 0, 1),
  fields: Omit<IcmpFields, "rest"> = {},
): Layer {
  return (behind) => {
    const head = Uint8Array.of(type, fields.code ?? 0, ...u16(fields.checksum ?? 0));
    const open = fields.checksum === undefined ? { openChecksumAt: 2 } : {};
    return { protocol: 58, bytes: concat(head, body, behind.bytes), ...open };
  };
}

/** An ICMPv6 error about what stands behind. */
export const error6 = (type: number, code = 0, rest = 0): Layer => icmpv6(type, Uint8Array.from(u32(rest)), { code });

/** As much of a frame's packet as an IPv4 error quotes (RFC 1812 §4.3.2.3), or an IPv6 one (RFC 4443 §2.4c). */
export const quote4 = (frame: Uint8Array): Uint8Array => frame.slice(14, 14 + 576 - 28);
export const quote6 = (frame: Uint8Array): Uint8Array => frame.slice(14, 14 + 1280 - 48);

export interface NdFields {
  code?: number;
  checksum?: number;
  /** MAC of the source option of a solicitation, or of the target option of an advertisement. */
  mac?: string;
  /** Further options, or broken ones. */
  options?: Uint8Array;
}

function neighborMessage(type: number, flags: number, target: string, option: number, fields: NdFields): Layer {
  return (behind: Built) => {
    const link = fields.mac === undefined ? [] : [option, 1, ...macBytes(fields.mac)];
    const body = [flags, 0, 0, 0, ...ipBytes(target), ...link, ...(fields.options ?? [])];
    return icmpv6(type, Uint8Array.from(body), fields)(behind);
  };
}

export const solicitation = (target: string, fields: NdFields = {}): Layer =>
  neighborMessage(135, 0, target, 1, fields);

/** `flags` in letters: R router, S solicited, O override. */
export function advertisement(target: string, flags: string, fields: NdFields = {}): Layer {
  const bits = { R: 0x80, S: 0x40, O: 0x20 } as const;
  const sum = [...flags].reduce((word, letter) => word | bits[letter as keyof typeof bits], 0);
  return neighborMessage(136, sum, target, 2, fields);
}

/** Where a solicitation for an address goes (RFC 4291 §2.7.1), and its MAC (RFC 2464 §7). */
export function solicitedNode(address: string): { ip: string; mac: string } {
  const last = ipBytes(address)
    .slice(13)
    .map((byte) => byte.toString(16).padStart(2, "0"));
  return { ip: `ff02::1:ff${last[0]}:${last[1]}${last[2]}`, mac: `33:33:ff:${last.join(":")}` };
}
