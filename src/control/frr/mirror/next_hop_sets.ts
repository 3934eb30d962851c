// Where the routes of a VRF lead, in our words: interned, because thousands of routes have the same next hops.
//
//   next hop by the bridge of the L3 VNI     a VTEP, whose router MAC is looked up by VRF
//   anything else                            not ours to carry: the route drops, and is named as a problem

import { formatMapped, mappedBytes } from "../../mapped_address.js";
import { NexthopFlag, type RouteMessage, type RouteNexthop, RouteType } from "../../netlink/index.js";
import type { PathTarget } from "../../routing/paths.js";
import type { NexthopMirror } from "./nexthops.js";
import type { Subjects, VrfSubject } from "./subjects.js";

export interface NextHopSet {
  readonly number: number;
  readonly key: string;
  readonly subject: VrfSubject;
  /** Next-hop object; 0 = the routes carry their next hops themselves. */
  readonly nexthopId: number;
  targets: readonly PathTarget[];
  /** Why some of it cannot be used; "" = all can. */
  problem: string;
  users: number;
}

const NO_HOP: Omit<RouteNexthop, "gateway" | "ifindex"> = { weight: 1, flags: 0, encapType: 0 };

export class NextHopSets {
  private readonly byKey = new Map<string, NextHopSet>();
  private readonly byNumber = new Map<number, NextHopSet>();
  private readonly free: number[] = [];
  private next = 1;

  constructor(
    private readonly subjects: Subjects,
    private readonly nexthops: NexthopMirror,
  ) {}

  all(): Iterable<NextHopSet> {
    return this.byKey.values();
  }

  get(number: number): NextHopSet | undefined {
    return this.byNumber.get(number);
  }

  /** The set of a route, counted once more. */
  take(subject: VrfSubject, route: RouteMessage): NextHopSet {
    const key = keyOf(subject, route);
    const known = this.byKey.get(key);
    if (known !== undefined) {
      known.users += 1;
      return known;
    }
    const number = this.free.pop() ?? this.next++;
    const set: NextHopSet = { number, key, subject, nexthopId: route.nexthopId, targets: [], problem: "", users: 1 };
    this.byKey.set(key, set);
    this.byNumber.set(number, set);
    this.resolve(set, this.expanded(route.nexthopId) ?? route.nexthops);
    return set;
  }

  leave(set: NextHopSet): void {
    set.users -= 1;
    if (set.users > 0) return;
    this.byKey.delete(set.key);
    this.byNumber.delete(set.number);
    this.free.push(set.number);
  }

  /** Sets that an object stands behind, with its next hops as they are now. */
  refresh(nexthopId: number): NextHopSet[] {
    const hops = this.expanded(nexthopId);
    if (hops === undefined) return [];
    const sets = [...this.byKey.values()].filter((set) => set.nexthopId === nexthopId);
    for (const set of sets) this.resolve(set, hops);
    return sets;
  }

  private resolve(set: NextHopSet, hops: readonly RouteNexthop[]): void {
    const targets = new Map<string, PathTarget>();
    set.problem = "";
    for (const { ifindex, gateway, flags } of hops) {
      if ((flags & NexthopFlag.dead) !== 0) continue;
      if (ifindex !== set.subject.l3Bridge || gateway === null) {
        set.problem = this.reasonAgainst(set.subject, ifindex, gateway);
        continue;
      }
      const vtep = formatMapped(mappedBytes(gateway));
      targets.set(vtep, { vrf: set.subject.vrf, vtep });
    }
    set.targets = [...targets.values()];
  }

  private expanded(nexthopId: number): RouteNexthop[] | undefined {
    const expanded = nexthopId === 0 ? undefined : this.nexthops.expand(nexthopId);
    return expanded?.map(({ nexthop, weight }) => ({
      ...NO_HOP,
      ifindex: nexthop.ifindex,
      gateway: nexthop.gateway,
      flags: nexthop.flags & 0xff,
      weight,
    }));
  }

  private reasonAgainst({ vrf }: VrfSubject, ifindex: number, gateway: Uint8Array | null): string {
    const domain = this.subjects.ofBridge(ifindex)?.bridgeDomain;
    const by = gateway === null ? "no gateway" : `gateway ${formatMapped(mappedBytes(gateway))}`;
    const where = domain === undefined ? `interface ${ifindex}, which is no tunnel` : `bridge domain ${domain}`;
    return `VRF ${vrf}: routes lead by ${by} to ${where}`;
  }
}

function keyOf(subject: VrfSubject, { nexthopId, nexthops, type }: RouteMessage): string {
  if (nexthopId !== 0) return `${subject.number} object ${nexthopId}`;
  if (type !== RouteType.unicast) return `${subject.number} none`;
  const hops = nexthops.map(({ ifindex, gateway, flags }) => {
    return `${ifindex} ${gateway === null ? "" : gateway.join(".")} ${flags & NexthopFlag.dead}`;
  });
  return `${subject.number} ${hops.sort().join(",")}`;
}
