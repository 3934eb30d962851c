// What control needs of this process to work with FRR: netlink sockets inside network namespaces, these by name, and an
// interface that lives as long as the process.

import type { OpenNetlink } from "../control/frr/places.js";
import type { Leash } from "../control/frr/world.js";
import { NetlinkClient } from "../control/netlink/index.js";
import { NetlinkSocket, type Netns, TapDevice } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import { NamedNamespaces } from "./namespaces.js";

const LEASH = "vtepd-leash";
/** As much as the kernel allows: the devices that hang on it are not to be limited by it. */
const LEASH_MTU_BYTES = 65_521;

export interface FrrParts {
  readonly leash: Leash;
  readonly openNetlink: OpenNetlink;
  readonly namespaces: NamedNamespaces;
}

export function frrParts(): FrrParts {
  const namespaces = new NamedNamespaces();
  const openNetlink: OpenNetlink = (place, groups, receiveBufferBytes, thread = false) => {
    const options = { groups, receiveBufferBytes, thread };
    if (place === "") return new NetlinkClient(new NetlinkSocket(options));
    return new NetlinkClient(new NetlinkSocket({ ...options, netns: namespaces.path(place) }));
  };
  return { openNetlink, namespaces, leash: openLeash() };
}

/** A TAP that nobody reads: nothing is ever sent to it. With IPv6, which a VXLAN device with such an address asks of it. */
export function openLeash(netns?: Netns): Leash {
  try {
    return new TapDevice({ name: LEASH, netns, mtu: LEASH_MTU_BYTES, ipv6: true, slots: 1, slotSize: 2048 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VtepError("leash_failed", `${LEASH}: ${why}`, { interface: LEASH }, cause);
  }
}
