// Removes what is ours and no longer wanted: what a reload dropped, what a crash left, everything at the end.

import {
  encodeDeleteAddress,
  encodeDeleteGroup,
  encodeSetLink,
  type LinkMessage,
  refusedWith,
} from "../../netlink/index.js";
import type { Site } from "./bridge_plan.js";
import { isOurs, OUR_PROTOCOL } from "./ownership.js";

/** Which deletions go together; "vt", and others are not likely to have thought of it. */
const LEAVING_GROUP = 0x7674;
/** At a time: the kernel lets nobody else at its interfaces meanwhile, and us do nothing else. */
const MOST_AT_ONCE = 64;
const MOST_BRIDGES_AT_ONCE = 16;

/**
 * What zebra announces a VNI by goes first, for all of them: nobody is to send here any longer.
 *
 * PERF: 1000 bridges take 23 s, whoever deletes them: for each the kernel waits until all that it deferred is done
 * (rcu_barrier in br_multicast_dev_del, 6.18); one by one it is three times that. Vxlan devices take 0.3 ms, veth pairs 1.
 */
export async function sweep(site: Site, isWanted: (link: LinkMessage) => boolean): Promise<void> {
  const isLeaving = (link: LinkMessage) => isOurs(link) && !isWanted(link);
  const leaving = site.observed.links().filter(isLeaving);
  if (leaving.length === 0) return;
  const group = freeGroup(site.observed.links().filter((link) => !isLeaving(link)));
  const of = (turn: number) => leaving.filter((link) => turnOf(link) === turn);
  await removeTogether(site, of(0), group, MOST_AT_ONCE);
  await removeTogether(site, of(1), group, MOST_AT_ONCE);
  await removeTogether(site, of(2), group, MOST_BRIDGES_AT_ONCE);
  await site.observed.settle();
}

function turnOf({ kind }: LinkMessage): number {
  if (kind === "vxlan") return 0;
  return kind === "bridge" || kind === "vrf" ? 2 : 1;
}

async function removeTogether({ client }: Site, links: readonly LinkMessage[], group: number, most: number) {
  for (let from = 0; from < links.length; from += most) {
    const some = links.slice(from, from + most);
    await Promise.all(some.map(({ ifindex }) => unlessGone(client.execute(encodeSetLink(ifindex, { group })))));
    await unlessGone(client.execute(encodeDeleteGroup(group)));
  }
}

/** One that none of those who stay is in: neither others' interfaces nor ours that a crash left in it. */
function freeGroup(staying: readonly LinkMessage[]): number {
  const taken = new Set(staying.map(({ group }) => group));
  let group = LEAVING_GROUP;
  while (taken.has(group)) group++;
  return group;
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
