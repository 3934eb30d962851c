// What control needs of this process to work with FRR: netlink sockets inside network namespaces, and these by name.

import type { OpenNetlink } from "../control/frr/places.js";
import { NetlinkClient } from "../control/netlink/index.js";
import { NetlinkSocket } from "../native/index.js";
import { NamedNamespaces } from "./namespaces.js";

export interface FrrParts {
  readonly openNetlink: OpenNetlink;
  readonly namespaces: NamedNamespaces;
}

export function frrParts(): FrrParts {
  const namespaces = new NamedNamespaces();
  const openNetlink: OpenNetlink = (place, groups, receiveBufferBytes) => {
    const options = { groups, receiveBufferBytes };
    if (place === "") return new NetlinkClient(new NetlinkSocket(options));
    return new NetlinkClient(new NetlinkSocket({ ...options, netns: namespaces.path(place) }));
  };
  return { openNetlink, namespaces };
}
