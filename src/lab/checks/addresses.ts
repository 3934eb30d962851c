/** Destination addresses of a host's subnet for each kind of frame. */
import ipaddr from "ipaddr.js";
import type { HostPlace } from "../context.js";
import type { Cast } from "../expectation.js";

const GROUP = { 4: "239.7.3.48", 6: "ff15::7348" } as const;

/** A MAC that no node has: what is sent there is unknown unicast for every VTEP. */
export const STRANGER_MAC = "02:00:00:ff:ff:fe";

/** The last address of an IPv4 subnet. */
export function broadcastOf(address: string, prefixLength: number): string {
  return ipaddr.IPv4.broadcastAddressFromCIDR(`${address}/${prefixLength}`).toString();
}

/** An address of the subnet that no host of a lab has: the last but one, or the last for IPv6. */
export function strangerOf(address: string, prefixLength: number): string {
  const bytes = ipaddr.parse(address).toByteArray();
  const filled = bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, prefixLength - index * 8))));
  if (filled.length === 4) filled[3] = (filled[3] ?? 0) - 1;
  return ipaddr.fromByteArray(filled).toString();
}

export function destinationOf(
  cast: Cast,
  family: 4 | 6,
  from: HostPlace,
  to: HostPlace | undefined,
): string | undefined {
  const own = from.address[family];
  if (own === undefined) return undefined;
  if (cast === "unicast") return to?.address[family];
  if (cast === "multicast") return GROUP[family];
  if (cast === "unknown-unicast") return strangerOf(own, from.prefixLength[family]);
  // IPv6 has no broadcast; all nodes is what comes nearest.
  return family === 4 ? broadcastOf(own, from.prefixLength[4]) : "ff02::1";
}
