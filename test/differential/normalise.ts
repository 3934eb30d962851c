// What may differ between two correct VTEPs, taken out of both before they are compared: the IPv4 identification, which
// counts in each of them by itself. The header checksum is checked before, and computed again after.

import { internetChecksum } from "../corpus/packet.js";

const ETHERNET = 14;
const HEADER = 20;

export function normaliseOuter(frame: Uint8Array): Uint8Array {
  if (frame[12] !== 8 || frame[13] !== 0 || frame.length < ETHERNET + HEADER) return frame;
  const header = [...frame.subarray(ETHERNET, ETHERNET + HEADER)];
  if (internetChecksum(header) !== 0) return frame;
  header.splice(4, 2, 0, 0);
  header.splice(10, 2, 0, 0);
  const sum = internetChecksum(header);
  header.splice(10, 2, sum >>> 8, sum & 0xff);
  const result = frame.slice();
  result.set(header, ETHERNET);
  return result;
}

/** Whether a frame on an uplink is a tunnel packet; the rest there is the kernel's own talk. */
export function isTunnelPacket(frame: Uint8Array, udpPort: number): boolean {
  const ipv6 = frame[12] === 0x86 && frame[13] === 0xdd;
  const protocol = ipv6 ? frame[20] : frame[23];
  const udp = ETHERNET + (ipv6 ? 40 : HEADER);
  return protocol === 17 && ((frame[udp + 2]! << 8) | frame[udp + 3]!) === udpPort;
}
