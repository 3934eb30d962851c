/** What the underlay offers towards one VTEP, in the words of whoever builds next-hop groups from it. */
import { formatIp } from "../netlink/index.js";
import type { Adjacency } from "./adjacencies.js";
import type { RouteLeg } from "./nexthops.js";

export interface UnderlayLeg {
  readonly interface: string;
  readonly ifindex: number;
  /** The neighbour that takes the frame: gateway of either family, or the VTEP itself on a shared link. */
  readonly via: string;
  /** Null while the neighbour is not resolved; then reason says why. */
  readonly mac: string | null;
  /** Our own MAC on that interface. */
  readonly sourceMac: string;
  readonly mtu: number;
  readonly weight: number;
  readonly reason?: string;
}

export interface UnderlayPath {
  /** Only legs whose interface is up with carrier. */
  readonly legs: readonly UnderlayLeg[];
  /** Present when no leg can carry a frame by MAC now. */
  readonly reason?: string;
}

/** A leg of the route with the neighbour it depends on. */
export interface BoundLeg {
  readonly leg: RouteLeg;
  readonly adjacency: Adjacency;
}

export function buildPath(bound: readonly BoundLeg[], routeReason: string): UnderlayPath {
  const legs = bound.map(toLeg);
  if (legs.some((leg) => leg.mac !== null)) return { legs };
  return { legs, reason: legs[0]?.reason ?? routeReason };
}

function toLeg({ leg, adjacency }: BoundLeg): UnderlayLeg {
  const { link, via, mtu, weight } = leg;
  const { mac, reason } = adjacency;
  return {
    interface: link.name,
    ifindex: link.ifindex,
    via: formatIp(via),
    mac,
    sourceMac: link.mac ?? "",
    mtu,
    weight,
    ...(mac === null ? { reason } : {}),
  };
}
