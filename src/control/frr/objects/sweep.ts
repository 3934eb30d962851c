// Removes what is ours and no longer wanted: what a reload dropped, what a crash left, everything at the end.

import { encodeDeleteAddress, encodeDeleteLink, type LinkMessage, refusedWith } from "../../netlink/index.js";
import type { Site } from "./bridge_plan.js";
import { isOurs, OUR_PROTOCOL } from "./ownership.js";

/** Bridges go after what is in them, VRF devices last. */
const ORDER = ["vxlan", "veth", "bridge", "vrf"];

/** How many interfaces it removed. */
export async function sweep(site: Site, isWanted: (link: LinkMessage) => boolean): Promise<number> {
  const leaving = site.observed.links().filter((link) => isOurs(link) && !isWanted(link));
  leaving.sort((a, b) => ORDER.indexOf(a.kind ?? "") - ORDER.indexOf(b.kind ?? ""));
  const gone = new Set<number>();
  for (const { ifindex, link: peer, kind } of leaving) {
    // One end of a veth pair takes the other with it.
    if (gone.has(ifindex)) continue;
    gone.add(ifindex);
    if (kind === "veth") gone.add(peer);
    await unlessGone(site.client.execute(encodeDeleteLink(ifindex)));
  }
  if (gone.size > 0) await site.observed.settle();
  return leaving.length;
}

/** From bridges that stay. */
export async function removeOurAddresses({ client, observed }: Site): Promise<void> {
  for (const { ifindex, kind } of observed.links()) {
    if (kind !== "bridge") continue;
    for (const { address, prefixLength, protocol } of observed.addresses(ifindex)) {
      if (protocol !== OUR_PROTOCOL || address === null) continue;
      await unlessGone(client.execute(encodeDeleteAddress({ ifindex, address, prefixLength })));
    }
  }
}

const GONE = new Set(["ENODEV", "EADDRNOTAVAIL"]);

/** Somebody removed it before us, which is what we wanted. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!GONE.has(refusedWith(error) ?? "")) throw error;
  }
}
