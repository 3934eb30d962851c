// Routing: VRFs, hosts and prefixes in them, and the paths that they lead to.
//
// A destination is looked up among the hosts first (our own addresses, neighbours of connected subnets, /32 and
// /128 routes), then by longest prefix. A prefix leads to a route: 64 buckets of paths, so that several next hops
// share the flows and a lost one moves its own only. The two kinds of IRB differ by the kind of path, not by mode.

import { HostKind, Limit, PathKind } from "../abi/generated.js";
import { maskWord } from "../wire/prefix.js";
import { AddressTable } from "./address_table.js";
import type { Deltas, PrefixKey } from "./delta.js";
import { IntMap } from "./int_map.js";

export class Vrfs {
  readonly l3Vni = new Uint32Array(Limit.MAX_VRFS);
  readonly flags = new Uint16Array(Limit.MAX_VRFS);
  /** Router MAC of this VTEP in the VRF: source and expected destination behind the L3 VNI (RFC 9135 §5.2). */
  readonly routerHi = new Uint16Array(Limit.MAX_VRFS);
  readonly routerLo = new Int32Array(Limit.MAX_VRFS);
  /** What the VRF says of itself where no domain of its own is concerned, by family. */
  private readonly addresses4: (Uint8Array | undefined)[] = [];
  private readonly addresses6: (Uint8Array | undefined)[] = [];
  private readonly byL3Vni = new IntMap();

  constructor(private readonly deltas: Deltas) {}

  /** VRF of an L3 VNI; 0 where none has it. */
  byVni(vni: number): number {
    return this.byL3Vni.get(vni);
  }

  addressOf(vrf: number, ipv6: boolean): Uint8Array | undefined {
    return ipv6 ? this.addresses6[vrf] : this.addresses4[vrf];
  }

  setAddresses(vrf: number, address4: Uint8Array | undefined, address6: Uint8Array | undefined): void {
    this.addresses4[vrf] = address4;
    this.addresses6[vrf] = address6;
  }

  set(vrf: number, l3Vni: number, flags: number, routerHi: number, routerLo: number): void {
    const before = this.l3Vni[vrf]!;
    if (before !== 0 && this.byL3Vni.get(before) === vrf) this.byL3Vni.delete(before);
    if (l3Vni !== 0) this.byL3Vni.set(l3Vni, vrf);
    this.l3Vni[vrf] = l3Vni;
    this.flags[vrf] = flags;
    this.routerHi[vrf] = routerHi;
    this.routerLo[vrf] = routerLo;
    this.deltas.vrfs.add(vrf);
  }
}

/** Where single addresses of a VRF are. */
export class Hosts {
  private readonly table = new AddressTable(Limit.MAX_HOSTS);
  private kinds = new Uint8Array(64);
  private targets = new Uint16Array(64);
  private hi = new Uint16Array(64);
  private lo = new Int32Array(64);

  constructor(private readonly deltas: Deltas) {}

  get count(): number {
    return this.table.count;
  }

  find(vrf: number, w0: number, w1: number, w2: number, w3: number): number {
    return this.table.find(vrf, w0, w1, w2, w3);
  }

  kindAt(index: number): number {
    return this.kinds[index]!;
  }

  targetAt(index: number): number {
    return this.targets[index]!;
  }

  hiAt(index: number): number {
    return this.hi[index]!;
  }

  loAt(index: number): number {
    return this.lo[index]!;
  }

  findAddress(vrf: number, address: Uint8Array): number {
    return this.table.findAddress(vrf, address);
  }

  keyOf(index: number): { readonly scope: number; readonly address: Uint8Array } {
    return this.table.keyOf(index);
  }

  indexes(): IterableIterator<number> {
    return this.table.indexes();
  }

  /** False where the table is full, as for the other two. */
  setLocal(vrf: number, address: Uint8Array, bd: number): boolean {
    return this.write(vrf, address, HostKind.LOCAL, bd, 0, 0);
  }

  setNeighbor(vrf: number, address: Uint8Array, bd: number, hi: number, lo: number): boolean {
    return this.write(vrf, address, HostKind.NEIGHBOR, bd, hi, lo);
  }

  setRoute(vrf: number, address: Uint8Array, route: number): boolean {
    return this.write(vrf, address, HostKind.ROUTE, route, 0, 0);
  }

  delete(vrf: number, address: Uint8Array): void {
    const index = this.table.findAddress(vrf, address);
    if (index === 0) return;
    this.table.delete(index);
    this.deltas.hosts.push({ scope: vrf, address });
  }

  private write(vrf: number, address: Uint8Array, kind: number, target: number, hi: number, lo: number): boolean {
    const index = this.table.addAddress(vrf, address);
    if (index === 0) return false;
    if (index >= this.kinds.length) this.grow();
    this.kinds[index] = kind;
    this.targets[index] = target;
    this.hi[index] = hi;
    this.lo[index] = lo;
    this.deltas.hosts.push({ scope: vrf, address });
    return true;
  }

  private grow(): void {
    const size = this.kinds.length * 2;
    const { kinds, targets, hi, lo } = this;
    this.kinds = new Uint8Array(size);
    this.targets = new Uint16Array(size);
    this.hi = new Uint16Array(size);
    this.lo = new Int32Array(size);
    this.kinds.set(kinds);
    this.targets.set(targets);
    this.hi.set(hi);
    this.lo.set(lo);
  }
}

const LENGTHS = 129;

/**
 * Longest-prefix match: a hash table of masked addresses for each length in use. A table of routes uses a handful of
 * lengths, so it is a handful of lookups, and an update touches one entry. IPv4 lengths are counted from 96.
 */
export class Prefixes {
  private readonly table = new AddressTable(Limit.MAX_PREFIXES);
  private readonly routes = new Map<number, number>();
  /** Entries of each length, by VRF, and those lengths in descending order. */
  private readonly counts: (Uint32Array | undefined)[] = [];
  private readonly lengths: Uint8Array[] = [];

  constructor(private readonly deltas: Deltas) {}

  get count(): number {
    return this.table.count;
  }

  /** Route of the longest prefix that holds the address, or 0. */
  lookup(vrf: number, w0: number, w1: number, w2: number, w3: number): number {
    const lengths = this.lengths[vrf];
    if (lengths === undefined) return 0;
    for (let at = 0; at < lengths.length; at++) {
      const length = lengths[at]!;
      const index = this.table.find(
        scopeOf(vrf, length),
        w0 & maskWord(length),
        w1 & maskWord(length - 32),
        w2 & maskWord(length - 64),
        w3 & maskWord(length - 96),
      );
      if (index !== 0) return this.routes.get(index)!;
    }
    return 0;
  }

  /** `address` has no bits beyond `length`. 0 where absent. */
  find(vrf: number, address: Uint8Array, length: number): number {
    return this.routes.get(this.table.findAddress(scopeOf(vrf, length), address)) ?? 0;
  }

  /** The table must not change meanwhile. */
  *entries(): IterableIterator<PrefixKey> {
    for (const index of this.table.indexes()) {
      const { scope, address } = this.table.keyOf(index);
      yield { vrf: scope >>> 8, address, length: scope & 0xff };
    }
  }

  /** False where the table is full. */
  set(vrf: number, address: Uint8Array, length: number, route: number): boolean {
    const before = this.table.count;
    const index = this.table.addAddress(scopeOf(vrf, length), address);
    if (index === 0) return false;
    this.routes.set(index, route);
    if (this.table.count !== before) this.recount(vrf, length, 1);
    this.deltas.prefixes.push({ vrf, address, length });
    return true;
  }

  delete(vrf: number, address: Uint8Array, length: number): void {
    const index = this.table.findAddress(scopeOf(vrf, length), address);
    if (index === 0) return;
    this.table.delete(index);
    this.routes.delete(index);
    this.recount(vrf, length, -1);
    this.deltas.prefixes.push({ vrf, address, length });
  }

  private recount(vrf: number, length: number, step: number): void {
    this.counts[vrf] ??= new Uint32Array(LENGTHS);
    const counts = this.counts[vrf];
    counts[length]! += step;
    const used: number[] = [];
    for (let candidate = LENGTHS - 1; candidate >= 0; candidate--) if (counts[candidate] !== 0) used.push(candidate);
    this.lengths[vrf] = Uint8Array.from(used);
  }
}

function scopeOf(vrf: number, length: number): number {
  return (vrf << 8) | length;
}

/** Sets of next hops, and the next hops. */
export class Routes {
  private readonly buckets = new Uint16Array(Limit.MAX_ROUTES * Limit.ROUTE_BUCKETS);
  readonly pathKind = new Uint8Array(Limit.MAX_PATHS);
  readonly pathBd = new Uint16Array(Limit.MAX_PATHS);
  readonly pathVtep = new Uint16Array(Limit.MAX_PATHS);
  readonly pathRouterHi = new Uint16Array(Limit.MAX_PATHS);
  readonly pathRouterLo = new Int32Array(Limit.MAX_PATHS);
  /** No route above it was ever set. */
  highest = 0;

  constructor(private readonly deltas: Deltas) {}

  pathOf(route: number, flowHash: number): number {
    return this.buckets[route * Limit.ROUTE_BUCKETS + (flowHash & (Limit.ROUTE_BUCKETS - 1))]!;
  }

  bucketsOf(route: number): Uint16Array {
    return this.buckets.subarray(route * Limit.ROUTE_BUCKETS, (route + 1) * Limit.ROUTE_BUCKETS);
  }

  setBuckets(route: number, buckets: Uint16Array): void {
    this.buckets.set(buckets, route * Limit.ROUTE_BUCKETS);
    this.highest = Math.max(this.highest, route);
    this.deltas.routes.add(route);
  }

  setConnected(path: number, bd: number): void {
    this.pathKind[path] = PathKind.CONNECTED;
    this.pathBd[path] = bd;
    this.deltas.paths.add(path);
  }

  /** A router that is a host of `bd`; a zero MAC while it is not known. */
  setGateway(path: number, bd: number, hi: number, lo: number): void {
    this.pathKind[path] = PathKind.GATEWAY;
    this.pathBd[path] = bd;
    this.pathRouterHi[path] = hi;
    this.pathRouterLo[path] = lo;
    this.deltas.paths.add(path);
  }

  setVtep(path: number, vtep: number, routerHi: number, routerLo: number): void {
    this.pathKind[path] = PathKind.VTEP;
    this.pathVtep[path] = vtep;
    this.pathRouterHi[path] = routerHi;
    this.pathRouterLo[path] = routerLo;
    this.deltas.paths.add(path);
  }
}
