// What is ours in the kernel says so itself, so that the next start finds it again after a crash, and so that nothing of
// anybody else's is ever removed: interfaces by their alias, addresses by their protocol number.

import type { LinkMessage } from "../../netlink/index.js";

export const OUR_ALIAS = "vtepd";
/** As in NDA_PROTOCOL of the bindings that we write; iproute2 has no name for it. */
export const OUR_PROTOCOL = 200;

const OUR_KINDS = new Set(["bridge", "vxlan", "veth", "vrf"]);

export function isOurs(link: LinkMessage): boolean {
  return link.alias === OUR_ALIAS && link.kind !== null && OUR_KINDS.has(link.kind);
}
