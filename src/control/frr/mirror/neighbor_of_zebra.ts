// Which neighbour entries of the kernel are zebra's word about a host or router behind another VTEP.

import { NeighborFlag, type NeighborMessage, NeighborState } from "../../netlink/index.js";

const RTPROT_ZEBRA = 11;
const RTN_UNICAST = 1;
const MAC_BYTES = 6;

const VALID =
  NeighborState.permanent |
  NeighborState.noArp |
  NeighborState.reachable |
  NeighborState.probe |
  NeighborState.stale |
  NeighborState.delay;

/** The link-layer address, or null where the entry says nothing, or is not zebra's. */
export function macFromZebra({ flags, state, protocol, type, linkLayer }: NeighborMessage): Uint8Array | null {
  if ((flags & NeighborFlag.extLearned) === 0 || (state & VALID) === 0 || type !== RTN_UNICAST) return null;
  if (protocol !== undefined && protocol !== RTPROT_ZEBRA) return null;
  return linkLayer?.length === MAC_BYTES ? linkLayer : null;
}
