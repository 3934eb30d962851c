// Routes of VRFs: connected subnets, and prefixes and hosts behind other VTEPs. A connected subnet goes before a route
// for the same prefix; a route for a single address is a host entry.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { differenceOf } from "../difference.js";
import type { NextHopIntent, RouteIntent } from "../intent.js";
import { formatMappedPrefix } from "../mapped_address.js";
import type { HostEntries } from "./host_entries.js";
import { Paths, type PathTarget } from "./paths.js";
import { type RouteSet, RouteSets } from "./route_sets.js";
import type { VrfControl } from "./vrfs.js";

const HOST_LENGTH = 128;

interface Route {
  readonly vrf: string;
  readonly address: Uint8Array;
  readonly length: number;
  /** Domain that the subnet is connected through. */
  connected: string | undefined;
  /** Gateway addresses in that subnet. */
  connections: number;
  nextHops: readonly NextHopIntent[];
  set: RouteSet | undefined;
}

export interface RouteFacts {
  readonly vrf: string;
  readonly prefix: string;
  readonly targets: readonly PathTarget[];
}

export class RouteControl {
  private readonly routes = new Map<string, Route>();
  private intents: ReadonlyMap<string, RouteIntent> = new Map();
  private readonly paths: Paths;
  private readonly sets: RouteSets;
  /** Counted, because it is asked for each `show vrfs`. */
  private readonly counts = new Map<string, number>();

  /** `domainOf` and `vtepOf` give the tables' numbers of names. */
  constructor(
    private readonly tables: Tables,
    private readonly vrfs: VrfControl,
    private readonly hosts: HostEntries,
    domainOf: (name: string) => number,
    vtepOf: (address: string) => number,
  ) {
    this.paths = new Paths(tables, domainOf, vtepOf);
    this.sets = new RouteSets(tables, this.paths);
  }

  *all(): IterableIterator<RouteFacts> {
    for (const { vrf, address, length, set } of this.routes.values()) {
      yield { vrf, prefix: formatMappedPrefix(address, length), targets: set?.targets ?? [] };
    }
  }

  countOf(vrf: string): number {
    return this.counts.get(vrf) ?? 0;
  }

  /** While VRFs of routes that go are still there. */
  removeObsolete(intents: ReadonlyMap<string, RouteIntent>): void {
    for (const { vrf, address, length } of differenceOf(this.intents, intents).removed) {
      this.change(vrf, address, length, (route) => {
        route.nextHops = [];
      });
    }
  }

  /** After VRFs and VTEPs of new routes are there. */
  reconcile(intents: ReadonlyMap<string, RouteIntent>): void {
    const { added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    this.paths.followVteps();
    for (const { vrf, address, length, nextHops } of [...added, ...changed.map(({ after }) => after)]) {
      this.change(vrf, address, length, (route) => {
        route.nextHops = nextHops;
      });
    }
  }

  /** Numbers that are free may be given out again: call when the data path has followed. */
  sweep(): void {
    this.sets.sweep();
  }

  /** A subnet is reached through a domain. `address` has no bits beyond `length`. */
  connect(vrf: string, address: Uint8Array, length: number, bridgeDomain: string): void {
    this.change(vrf, address, length, (route) => {
      route.connected = bridgeDomain;
      route.connections += 1;
    });
  }

  disconnect(vrf: string, address: Uint8Array, length: number): void {
    this.change(vrf, address, length, (route) => {
      route.connections -= 1;
      if (route.connections === 0) route.connected = undefined;
    });
  }

  private change(vrf: string, address: Uint8Array, length: number, apply: (route: Route) => void): void {
    const key = `${vrf} ${formatMappedPrefix(address, length)}`;
    const known = this.routes.get(key);
    const route = known ?? { vrf, address, length, connected: undefined, connections: 0, nextHops: [], set: undefined };
    apply(route);
    const before = route.set;
    const targets = targetsOf(route);
    const after = targets.length === 0 ? undefined : this.sets.take(targets, before);
    route.set = after;
    if (before !== undefined) this.sets.leave(before);
    if (after !== undefined && known === undefined) this.add(key, route);
    if (after === undefined && known !== undefined) this.delete(key, route);
    if (after?.id !== before?.id) this.write(route);
  }

  private add(key: string, route: Route): void {
    this.routes.set(key, route);
    this.counts.set(route.vrf, this.countOf(route.vrf) + 1);
  }

  private delete(key: string, { vrf }: Route): void {
    this.routes.delete(key);
    this.counts.set(vrf, this.countOf(vrf) - 1);
  }

  private write({ vrf: name, address, length, set }: Route): void {
    const vrf = this.vrfs.idOf(name);
    if (length === HOST_LENGTH) {
      if (set === undefined) this.hosts.deleteRoute(vrf, address);
      else this.hosts.setRoute(vrf, address, set.id);
    } else if (set === undefined) this.tables.prefixes.delete(vrf, address, length);
    else this.tables.prefixes.set(vrf, address, length, set.id);
  }
}

function targetsOf({ connected, nextHops }: Route): readonly PathTarget[] {
  if (connected !== undefined) return [{ bridgeDomain: connected }];
  // More next hops than buckets: those beyond would carry nothing.
  return nextHops.slice(0, Limit.ROUTE_BUCKETS);
}
