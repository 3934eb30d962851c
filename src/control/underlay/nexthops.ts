/**
 * Asks the kernel which legs lead to an address. The FIB is not copied: rules, tables, next-hop objects and metrics
 * are the kernel's business, and its answer has them all applied.
 */
import {
  encodeGetRoute,
  type NetlinkClient,
  NexthopFlag,
  type RouteMessage,
  type RouteNexthop,
  type RouteQuery,
  RouteType,
  refusedWith,
} from "../netlink/index.js";
import type { LinkState } from "./links.js";

export interface RouteLeg {
  readonly link: LinkState;
  /** Whose MAC the frame needs: the gateway, or the destination itself where it is on the link. */
  readonly via: Uint8Array;
  readonly weight: number;
  /** The smaller of interface and route. */
  readonly mtu: number;
}

/** Without legs, reason says why. */
export interface RouteLegs {
  readonly legs: readonly RouteLeg[];
  readonly reason: string;
}

export interface RouteContext {
  /** The answer to "which interface is this, and may it carry the underlay?" */
  readonly linkOf: (ifindex: number) => LinkState | null;
  readonly isUplink: (name: string) => boolean;
}

export interface ResolveQuery {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly udpPort: number;
}

const REFUSALS: Readonly<Record<string, string>> = {
  ENETUNREACH: "no route",
  EHOSTUNREACH: "the route is unreachable",
  EACCES: "the route is prohibited",
  EINVAL: "the route is a blackhole",
};

/** Rejects only when no answer came (socket closed, time-out): a refusal is an answer. */
export async function resolveLegs(
  client: NetlinkClient,
  query: ResolveQuery,
  context: RouteContext,
): Promise<RouteLegs> {
  const { destination, udpPort } = query;
  // Of another family it cannot be the source of this packet.
  const source = query.source.length === destination.length ? query.source : undefined;
  let answer = await askBothWays(client, { destination, udpPort, source });
  // A source that is not (yet) an address of this host is refused as if there were no route: ask without it.
  if (source !== undefined && MAY_BE_THE_SOURCE.has(String(answer)) && !(await isLocal(client, source))) {
    answer = await askBothWays(client, { destination, udpPort });
  }
  if (typeof answer !== "string") return legsOfRoute(answer, destination, context);
  return unreachable(REFUSALS[answer] ?? `the kernel finds no route: ${answer}`);
}

const MAY_BE_THE_SOURCE: ReadonlySet<string> = new Set(["EINVAL", "ENETUNREACH"]);

/** RTM_F_FIB_MATCH first; where the kernel refuses that (or an IPv4 route is a blackhole, also EINVAL), without. */
async function askBothWays(client: NetlinkClient, query: Omit<RouteQuery, "fibMatch">): Promise<RouteMessage | string> {
  const answer = await ask(client, { ...query, fibMatch: true });
  return answer === "EINVAL" || answer === "EOPNOTSUPP" ? ask(client, { ...query, fibMatch: false }) : answer;
}

async function isLocal(client: NetlinkClient, address: Uint8Array): Promise<boolean> {
  const answer = await ask(client, { destination: address, fibMatch: false });
  return typeof answer !== "string" && answer.type === RouteType.local;
}

/** The route, or the errno of the refusal. */
async function ask(client: NetlinkClient, query: RouteQuery): Promise<RouteMessage | string> {
  try {
    const answer = await client.get(encodeGetRoute(query));
    return answer.kind === "route" ? answer.route : "EINVAL";
  } catch (error) {
    const errno = refusedWith(error);
    if (errno === undefined) throw error;
    return errno;
  }
}

const TYPE_REASONS: Readonly<Record<number, string>> = {
  [RouteType.local]: "it is an address of this host",
  [RouteType.broadcast]: "it is a broadcast address",
  [RouteType.anycast]: "it is an anycast address of this host",
  [RouteType.multicast]: "it is a multicast address",
  [RouteType.blackhole]: "the route is a blackhole",
  [RouteType.unreachable]: "the route is unreachable",
  [RouteType.prohibit]: "the route is prohibited",
};

/** The legs of a route that can carry a frame now; exported for tests of its own. */
export function legsOfRoute(route: RouteMessage, destination: Uint8Array, context: RouteContext): RouteLegs {
  if (route.type !== RouteType.unicast) return unreachable(TYPE_REASONS[route.type] ?? `route of type ${route.type}`);
  const legs: RouteLeg[] = [];
  let reason = "the route has no next hop";
  for (const nexthop of route.nexthops) {
    const link = context.linkOf(nexthop.ifindex);
    const obstacle = obstacleOf(nexthop, link, context);
    if (obstacle !== null || link === null) {
      reason = obstacle ?? reason;
      continue;
    }
    const mtu = route.mtu === 0 ? link.mtu : Math.min(route.mtu, link.mtu);
    legs.push({ link, via: nexthop.gateway ?? destination, weight: nexthop.weight, mtu });
  }
  return { legs, reason: legs.length > 0 ? "" : reason };
}

function obstacleOf(nexthop: RouteNexthop, link: LinkState | null, context: RouteContext): string | null {
  if (link === null) return `the route's interface ${nexthop.ifindex} is gone`;
  if (!context.isUplink(link.name)) return `the route leaves by ${link.name}, which is no underlay interface`;
  if (!link.isUp) return `${link.name} is down`;
  if (!link.hasCarrier) return `${link.name} has no carrier`;
  if ((nexthop.flags & NexthopFlag.dead) !== 0) return `the next hop by ${link.name} is dead`;
  if (!link.isEthernet) return `${link.name} is not an Ethernet interface`;
  if (nexthop.encapType !== 0) return `the next hop by ${link.name} wraps packets (encap type ${nexthop.encapType})`;
  return null;
}

function unreachable(reason: string): RouteLegs {
  return { legs: [], reason };
}
