// Routes of VRFs: connected subnets, prefixes and hosts behind other VTEPs that the config names, and those that the
// control plane tells; in this order where they are for the same prefix. A route for a single address is a host entry.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { Mac } from "../../wire/ethernet.js";
import { differenceOf } from "../difference.js";
import type { NextHopIntent, RouteIntent } from "../intent.js";
import { formatMappedPrefix } from "../mapped_address.js";
import { AddressValues } from "./address_values.js";
import { FamilyBarrier } from "./family_barrier.js";
import type { SoughtGateway } from "./gateway_hops.js";
import type { HostEntries } from "./host_entries.js";
import type { LearnedNextHop, PathFacts, PathTarget } from "./path_target.js";
import { type NextHopVteps, Paths } from "./paths.js";
import { type RouteSet, RouteSets } from "./route_sets.js";
import type { VrfControl } from "./vrfs.js";

const HOST_LENGTH = 128;

/** What is connected, or in the config, at a prefix. */
interface Configured {
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

/** Next hops that the control plane tells. */
export interface LearnedNextHops {
  /** The same array for all routes that have the same ones, for speed. None: packets are dropped. */
  readonly targets: readonly PathTarget[];
  /** Whoever's next hops they are, and may change for all routes at once; "" = the route's own. */
  readonly owner: string;
}

export interface RouteFacts {
  readonly vrf: string;
  readonly prefix: string;
  readonly targets: readonly PathFacts[];
}

export class RouteControl {
  private readonly configured = new Map<string, Configured>();
  /** 1 at prefixes of `configured`: the text of a key takes longer than to learn a route does. */
  private readonly isConfigured = new AddressValues();
  private intents: ReadonlyMap<string, RouteIntent> = new Map();
  /** Number of the set by VRF and prefix. */
  private readonly learned = new AddressValues();
  private readonly paths: Paths;
  private readonly sets: RouteSets;
  private readonly barrier: FamilyBarrier;
  /** By VRF; counted, because it is asked for each `show vrfs`. */
  private readonly counts = new Uint32Array(Limit.MAX_VRFS);
  /** Why the control plane's routes are not all in the tables. */
  private refusal = "";

  /** `domainOf` gives the tables' numbers of names. */
  constructor(
    private readonly tables: Tables,
    private readonly vrfs: VrfControl,
    private readonly hosts: HostEntries,
    domainOf: (name: string) => number,
    vteps: NextHopVteps,
  ) {
    this.paths = new Paths(tables, domainOf, vteps);
    this.sets = new RouteSets(tables, this.paths);
    this.barrier = new FamilyBarrier(tables, this.sets);
  }

  *all(): IterableIterator<RouteFacts> {
    for (const { vrf, address, length, set } of this.configured.values()) {
      if (set !== undefined) yield this.factsOf(vrf, address, length, set);
    }
    for (const { scope, address, value } of this.learned.entries()) {
      const [vrf, length] = [this.vrfs.nameOf(scope >>> 8), scope & 0xff];
      const set = this.sets.get(value);
      if (set === undefined || this.hasConfigured(vrf, address, length)) continue;
      yield this.factsOf(vrf, address, length, set);
    }
  }

  countOf(vrf: string): number {
    return this.counts[this.vrfs.idOf(vrf)]!;
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

  /** The control plane tells of a route; `address` has no bits beyond `length`, and is kept. */
  learn(vrf: string, address: Uint8Array, length: number, { targets, owner }: LearnedNextHops): void {
    const scope = scopeOf(this.vrfs.idOf(vrf), length);
    const before = this.learned.get(scope, address);
    try {
      const set = owner === "" ? this.sets.take(targets, before) : this.sets.takeOwned(owner, targets);
      this.learned.set(scope, address, set.id);
      this.learnedChanged(vrf, address, length, before, set.id);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.refusal = error.message;
    }
  }

  withdraw(vrf: string, address: Uint8Array, length: number): void {
    const scope = scopeOf(this.vrfs.idOf(vrf), length);
    const before = this.learned.get(scope, address);
    if (before === 0) return;
    this.learned.set(scope, address, 0);
    this.learnedChanged(vrf, address, length, before, 0);
  }

  /** All routes whose next hops are this owner's have these from now on. */
  changeOwned(owner: string, targets: readonly PathTarget[]): void {
    try {
      this.sets.change(owner, targets);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.refusal = error.message;
    }
  }

  setRouterMac(hop: LearnedNextHop, mac: Mac): void {
    if (this.paths.setRouterMac(hop, mac)) this.sets.refresh(hop);
  }

  /** The control plane has lost a router MAC; see RouterMacs. */
  loseRouterMac(hop: LearnedNextHop): void {
    this.paths.loseRouterMac(hop);
  }

  /** Bindings of hosts may have changed: to be called before the data path follows the tables. */
  followGateways(): void {
    for (const hop of this.paths.followGateways()) this.sets.refresh(hop);
  }

  /** Gateways of routes whose MAC is not known. */
  soughtGateways(): Iterable<SoughtGateway> {
    return this.paths.soughtGateways();
  }

  /** While the VRF still has its number. */
  removeVrf(name: string): void {
    const vrf = this.vrfs.idOf(name);
    const routes = [...this.learned.entries()].filter(({ scope }) => scope >>> 8 === vrf);
    for (const { scope, address } of routes) this.withdraw(name, address, scope & 0xff);
  }

  problems(): string[] {
    const missing = this.paths.problems();
    return this.refusal === "" ? missing : [...missing, this.refusal];
  }

  private change(vrf: string, address: Uint8Array, length: number, apply: (route: Configured) => void): void {
    const key = textOf(vrf, address, length);
    const known = this.configured.get(key);
    const route = known ?? { vrf, address, length, connected: undefined, connections: 0, nextHops: [], set: undefined };
    apply(route);
    const scope = scopeOf(this.vrfs.idOf(vrf), length);
    const below = this.learned.get(scope, address);
    const before = route.set;
    const targets = targetsOf(route);
    route.set = targets.length === 0 ? undefined : this.sets.take(targets, before?.id ?? below);
    if (before !== undefined) this.sets.leave(before.id);
    if (route.set === undefined) this.configured.delete(key);
    else this.configured.set(key, route);
    this.isConfigured.set(scope, address, route.set === undefined ? 0 : 1);
    this.write(vrf, address, length, before?.id ?? below, route.set?.id ?? below);
  }

  private learnedChanged(vrf: string, address: Uint8Array, length: number, before: number, after: number): void {
    if (before !== 0) this.sets.leave(before);
    if (!this.hasConfigured(vrf, address, length)) this.write(vrf, address, length, before, after);
  }

  private hasConfigured(vrf: string, address: Uint8Array, length: number): boolean {
    return this.isConfigured.get(scopeOf(this.vrfs.idOf(vrf), length), address) !== 0;
  }

  /** From one set to another; 0 = none. */
  private write(name: string, address: Uint8Array, length: number, before: number, after: number): void {
    if (before === after) return;
    const vrf = this.vrfs.idOf(name);
    this.counts[vrf]! += (after === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
    if (length === HOST_LENGTH) {
      if (after === 0) this.hosts.deleteRoute(vrf, address);
      else this.hosts.setRoute(vrf, address, after);
      return;
    }
    const { prefixes } = this.tables;
    if (after === 0) prefixes.delete(vrf, address, length);
    else if (!prefixes.set(vrf, address, length, after)) this.refusal = "the table of prefixes is full";
    this.barrier.changed(vrf, address, length, before, after);
  }

  private factsOf(vrf: string, address: Uint8Array, length: number, { targets }: RouteSet): RouteFacts {
    const facts = targets.map((target) => this.paths.factsOf(target));
    return { vrf, prefix: formatMappedPrefix(address, length), targets: facts };
  }
}

function scopeOf(vrf: number, length: number): number {
  return (vrf << 8) | length;
}

function textOf(vrf: string, address: Uint8Array, length: number): string {
  return `${vrf} ${formatMappedPrefix(address, length)}`;
}

function targetsOf({ connected, nextHops }: Configured): readonly PathTarget[] {
  if (connected !== undefined) return [{ bridgeDomain: connected }];
  // More next hops than buckets: those beyond would carry nothing.
  return nextHops.slice(0, Limit.ROUTE_BUCKETS);
}
