// Why a VXLAN device of the kernel cannot stand for one of our VNIs.

import { formatIp, type LinkMessage } from "../../netlink/index.js";
import { isSameBytes } from "./observed.js";
import { isOurs } from "./ownership.js";

export interface Shadow {
  /** 4 or 16 bytes. */
  readonly localAddress: Uint8Array;
  /** Of the VXLAN devices that are made for zebra. */
  readonly shadowPort: number;
  /** Of the overlay, which is ours. */
  readonly udpPort: number;
  /** Interface index, in our own namespace, of what goes with this process and takes the devices with it. */
  readonly leash: number;
}

/** As the end of a sentence that begins with its name; undefined where nothing is wrong. */
export function vxlanFault(link: LinkMessage, vni: number, shadow: Shadow): string | undefined {
  const { vxlan } = link;
  if (vxlan === null) return `is a ${link.kind ?? "device"}, not a VXLAN device`;
  if (vxlan.udpPort === shadow.udpPort) return ourPort(shadow);
  if (vxlan.external) return "is external, which zebra does not take for a VNI: remove it";
  if (vxlan.vni !== vni) return `has VNI ${vxlan.vni}, not ${vni}: remove or rename it`;
  if (!isSameBytes(vxlan.local, shadow.localAddress))
    return `has not the local address ${formatIp(shadow.localAddress)}`;
  if (vxlan.learning) return "learns by itself: make it nolearning";
  if (isOurs(link) && vxlan.udpPort !== shadow.shadowPort) return `is not on UDP port ${shadow.shadowPort}`;
  if (isOurs(link) && vxlan.link !== shadow.leash) return "is not on the leash of this process";
  return undefined;
}

export function ourPort({ udpPort, shadowPort }: Pick<Shadow, "udpPort" | "shadowPort">): string {
  return `is on UDP port ${udpPort}, where vtepd itself receives: remove it, or give it dstport ${shadowPort}`;
}
