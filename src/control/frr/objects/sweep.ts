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
/** At a time: the kernel lets nobody else at its interfaces meanwhile. */
const MOST_AT_ONCE = 64;

/** PERF: 300 bridges with their ports take 6 s so, and 25 s one by one (6.18, 2 cores). */
export async function sweep({ client, observed }: Site, isWanted: (link: LinkMessage) => boolean): Promise<void> {
  const isLeaving = (link: LinkMessage) => isOurs(link) && !isWanted(link);
  const leaving = observed.links().filter(isLeaving);
  if (leaving.length === 0) return;
  const group = freeGroup(observed.links().filter((link) => !isLeaving(link)));
  for (let from = 0; from < leaving.length; from += MOST_AT_ONCE) {
    const some = leaving.slice(from, from + MOST_AT_ONCE);
    await Promise.all(some.map(({ ifindex }) => unlessGone(client.execute(encodeSetLink(ifindex, { group })))));
    await unlessGone(client.execute(encodeDeleteGroup(group)));
  }
  await observed.settle();
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
