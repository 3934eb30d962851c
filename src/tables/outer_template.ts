// The part of an outer header that is the same for every packet to one VTEP, made once when the VTEP or the
// settings change. engine/encap.ts and bpf/lib/encap.h copy it and fill in the rest.

import { Family, Limit } from "../abi/generated.js";
import { writeI32, writeU16 } from "../wire/bytes.js";
import { addToSum, foldSum } from "../wire/checksum.js";
import { IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, UDP_HEADER_BYTES, Udp } from "../wire/ip.js";
import { VXLAN_FIRST_WORD } from "../wire/vxlan.js";

/** What of the VTEP's settings stands in every outer header. */
export interface OuterEndpoint {
  readonly family: number;
  readonly localAddress: Uint8Array;
  readonly udpPort: number;
}

export interface OuterTemplate {
  readonly outer: Uint8Array;
  /** Folded 16-bit sum of the template's IPv4 header; 0 over IPv6. */
  readonly checksumBase: number;
}

/** Template of a VTEP: see struct vtep_remote. `address` is 16 bytes, IPv4 mapped. */
export function makeOuter(settings: OuterEndpoint, address: Uint8Array): OuterTemplate {
  const outer = new Uint8Array(Limit.OUTER_BYTES);
  const ipv6 = settings.family === Family.IPV6;
  if (ipv6) {
    outer[0] = 0x60;
    outer[Ipv6.NEXT_HEADER] = Protocol.UDP;
    outer.set(settings.localAddress, Ipv6.SOURCE);
    outer.set(address, Ipv6.DESTINATION);
  } else {
    outer[0] = 0x45;
    outer[Ipv4.PROTOCOL] = Protocol.UDP;
    outer.set(settings.localAddress.subarray(12), Ipv4.SOURCE);
    outer.set(address.subarray(12), Ipv4.DESTINATION);
  }
  const udp = ipv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  writeU16(outer, udp + Udp.DESTINATION_PORT, settings.udpPort);
  writeI32(outer, udp + UDP_HEADER_BYTES, VXLAN_FIRST_WORD);
  return { outer, checksumBase: ipv6 ? 0 : foldSum(addToSum(0, outer, 0, IPV4_HEADER_BYTES)) };
}
