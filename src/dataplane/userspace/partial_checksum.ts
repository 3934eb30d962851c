// AF_XDP does not say whether a transport checksum is complete, and frames of a veth peer often are not: their field
// holds the folded sum over the pseudo header (Linux CHECKSUM_PARTIAL). Finds those by that very value and completes
// them. One complete checksum in 65,536 has the same value; completing it again yields that value (RFC 1071 §2).

import { readU16 } from "../../wire/bytes.js";
import { foldSum, pseudoHeaderSum } from "../../wire/checksum.js";
import { IPV4_FRAGMENT_MASK, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, Udp } from "../../wire/ip.js";
import { completeChecksum } from "../io/complete_checksum.js";
import { FrameHeaders } from "./frame_headers.js";

const TCP_CHECKSUM = 16;

export class PartialChecksums {
  private readonly headers = new FrameHeaders();

  /** Completes the frame's transport checksum, or that of the frame in its VXLAN packet, where it is partial. */
  complete(bytes: Uint8Array, offset: number, length: number, tunnelled: boolean): void {
    const { headers } = this;
    if (!headers.read(bytes, offset, length)) return;
    if (tunnelled && !headers.enterTunnel()) return;
    const { protocol } = headers;
    if (protocol !== Protocol.TCP && protocol !== Protocol.UDP) return;
    const ip = offset + headers.ip;
    const ipv6 = headers.isIpv6(headers.ip);
    if (!ipv6 && (readU16(bytes, ip + Ipv4.FRAGMENT) & IPV4_FRAGMENT_MASK) !== 0) return;
    const end = ipv6
      ? ip + IPV6_HEADER_BYTES + readU16(bytes, ip + Ipv6.PAYLOAD_LENGTH)
      : ip + readU16(bytes, ip + Ipv4.TOTAL_LENGTH);
    if (end <= offset + length) completeIfPartial(bytes, ip, ipv6, offset + headers.transport, protocol, end);
  }
}

function completeIfPartial(
  bytes: Uint8Array,
  ip: number,
  ipv6: boolean,
  transport: number,
  protocol: number,
  end: number,
): void {
  const field = protocol === Protocol.TCP ? TCP_CHECKSUM : Udp.CHECKSUM;
  if (transport + field + 2 > end) return;
  const addresses = ip + (ipv6 ? Ipv6.SOURCE : Ipv4.SOURCE);
  const pseudo = pseudoHeaderSum(bytes, addresses, ipv6 ? 16 : 4, protocol, end - transport);
  if (readU16(bytes, transport + field) !== foldSum(pseudo)) return;
  completeChecksum(bytes, transport, field, end);
}
