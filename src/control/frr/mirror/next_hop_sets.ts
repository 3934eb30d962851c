// Where the routes of a VRF lead, in our words: interned, because thousands of routes have the same next hops.
//
//   next hop by the bridge of the L3 VNI     a VTEP, whose router MAC is looked up by VRF
//   gateway by the bridge of a domain        a host of that domain (RFC 9136 §4.1), whose binding gives the MAC
//   anything else                            not ours to carry: the route drops, and is named as a problem

import { formatMapped, mappedBytes } from "../../mapped_address.js";
import { NexthopFlag, type RouteMessage, type RouteNexthop, RouteType } from "../../netlink/index.js";
import { keyOf, type PathTarget } from "../../routing/path_target.js";
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

type Resolution = Pick<NextHopSet, "targets" | "problem">;

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
    const key = routeKey(subject, route);
    const known = this.byKey.get(key);
    if (known !== undefined && (known.problem === "" || known.nexthopId !== 0)) return use(known);
    const resolution = this.resolve(subject, this.expanded(route.nexthopId) ?? route.nexthops);
    // What was not ours to carry may be by now, when a bridge has become that of a domain.
    if (known !== undefined && known.targets.length === resolution.targets.length) return use(known);
    const number = this.free.pop() ?? this.next++;
    const set: NextHopSet = { number, key, subject, nexthopId: route.nexthopId, ...resolution, users: 1 };
    this.byKey.set(key, set);
    this.byNumber.set(number, set);
    return set;
  }

  leave(set: NextHopSet): void {
    set.users -= 1;
    if (set.users > 0) return;
    if (this.byKey.get(set.key) === set) this.byKey.delete(set.key);
    this.byNumber.delete(set.number);
    this.free.push(set.number);
  }

  /** Sets that an object stands behind, with its next hops as they are now. */
  refresh(nexthopId: number): NextHopSet[] {
    const hops = this.expanded(nexthopId);
    if (hops === undefined) return [];
    const sets = [...this.byKey.values()].filter((set) => set.nexthopId === nexthopId);
    for (const set of sets) Object.assign(set, this.resolve(set.subject, hops));
    return sets;
  }

  private resolve(subject: VrfSubject, hops: readonly RouteNexthop[]): Resolution {
    const targets = new Map<string, PathTarget>();
    let problem = "";
    for (const { ifindex, gateway, flags } of hops) {
      if ((flags & NexthopFlag.dead) !== 0) continue;
      const target = gateway === null ? undefined : this.targetOf(subject, ifindex, formatMapped(mappedBytes(gateway)));
      if (target === undefined) problem = this.reasonAgainst(subject, ifindex, gateway);
      else targets.set(keyOf(target), target);
    }
    return { targets: [...targets.values()], problem };
  }

  private targetOf({ vrf, l3Bridge }: VrfSubject, ifindex: number, gateway: string): PathTarget | undefined {
    if (ifindex === l3Bridge) return { vrf, vtep: gateway };
    const domain = this.subjects.ofBridge(ifindex);
    return domain && { bridgeDomain: domain.bridgeDomain, gateway };
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

function use(set: NextHopSet): NextHopSet {
  set.users += 1;
  return set;
}

function routeKey(subject: VrfSubject, { nexthopId, nexthops, type }: RouteMessage): string {
  if (nexthopId !== 0) return `${subject.number} object ${nexthopId}`;
  if (type !== RouteType.unicast) return `${subject.number} none`;
  const hops = nexthops.map(({ ifindex, gateway, flags }) => {
    return `${ifindex} ${gateway === null ? "" : gateway.join(".")} ${flags & NexthopFlag.dead}`;
  });
  return `${subject.number} ${hops.sort().join(",")}`;
}
