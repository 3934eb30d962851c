// Routes that a routing protocol wrote into the table of a VRF -> routes to other VTEPs (RFC 9135, RFC 9136). Connected
// and static routes of the kernel are not read: what is connected we know from the config.
//
// A route to nowhere (blackhole, unreachable), and one whose next hops are not ours to carry, drops: a wider one must not
// take its packets elsewhere.

import { AddressTable } from "../../../tables/address_table.js";
import { mappedBytes } from "../../mapped_address.js";
import { AddressFamily, type RouteMessage, RouteType } from "../../netlink/index.js";
import type { RouteControl } from "../../routing/routes.js";
import type { VrfControl } from "../../routing/vrfs.js";
import type { Marks } from "./marks.js";
import { type NextHopSet, NextHopSets } from "./next_hop_sets.js";
import type { NexthopMirror } from "./nexthops.js";
import type { Subjects, VrfSubject } from "./subjects.js";

const CAPACITY = 0x100000;
const MAPPED_BITS = 96;
const DEFAULT4 = mappedBytes(new Uint8Array(4));
const DEFAULT6 = new Uint8Array(16);

/** RTPROT_ZEBRA, and RTPROT_BGP up to what FRR gives its newest daemon. */
const RTPROT_ZEBRA = 11;
const RTPROT_BGP = 186;
const RTPROT_LAST = 199;

const CARRIED: ReadonlySet<number> = new Set([
  RouteType.unicast,
  RouteType.blackhole,
  RouteType.unreachable,
  RouteType.prohibit,
]);

export class RouteMirror {
  private readonly keys = new AddressTable(CAPACITY);
  /** By index: number of the set of next hops, 0 = a notification said that the route is gone. */
  private sets = new Uint32Array(64);
  private metrics = new Uint32Array(64);
  private marked = new Uint16Array(64);
  /** 1 where the kernel has a second route for the prefix, by a higher metric. */
  private shadows = new Uint8Array(64);
  private readonly ghosts: number[] = [];
  private readonly nextHops: NextHopSets;

  /** `lost`: something went whose successor was not told of, so the table is to be read again. */
  constructor(
    private readonly place: string,
    private readonly routes: RouteControl,
    private readonly vrfs: VrfControl,
    private readonly subjects: Subjects,
    private readonly marks: Marks,
    nexthops: NexthopMirror,
    private readonly lost: () => void,
  ) {
    this.nextHops = new NextHopSets(subjects, nexthops);
    nexthops.onChange((id) => this.nexthopChanged(id));
    // The kernel removes IPv4 routes with the object that they used, without a word.
    nexthops.onRemoval((id) => this.dropBehind(id));
  }

  get count(): number {
    return this.keys.count;
  }

  take(route: RouteMessage, removed: boolean, isRead: boolean): void {
    const subject = this.subjects.ofTable(route.table);
    if (subject === undefined || !isByRouting(route.protocol) || !CARRIED.has(route.type)) return;
    const isIpv6 = route.family === AddressFamily.ipv6;
    const length = route.prefixLength + (isIpv6 ? 0 : MAPPED_BITS);
    const address = route.destination === null ? (isIpv6 ? DEFAULT6 : DEFAULT4) : mappedBytes(route.destination);
    const scope = (subject.number << 8) | length;
    const known = this.keys.findAddress(scope, address);
    if (known === 0 && removed && !this.marks.isRunning) return;
    if (isRead && known !== 0 && this.marks.isOvertaken(this.marked[known]!)) return;
    const index = known !== 0 ? known : this.add(scope, address);
    if (index === 0) return;
    if (this.sets[index] !== 0 && this.isShadowed(index, route, removed)) return;
    this.marked[index] = isRead ? this.marks.read : this.marks.told;
    if (removed) this.remove(index);
    else this.set(index, subject, route);
  }

  sweep(): void {
    for (const index of [...this.keys.indexes()]) if (!this.marks.isConfirmed(this.marked[index]!)) this.remove(index);
    for (const index of this.ghosts) if (this.sets[index] === 0) this.keys.delete(index);
    this.ghosts.length = 0;
  }

  drop(gone: ReadonlySet<number>): void {
    for (const index of this.indexesOf(gone)) {
      this.remove(index);
      if (this.marks.isRunning) this.keys.delete(index);
    }
  }

  apply(subjects: ReadonlySet<number>): void {
    for (const index of this.indexesOf(subjects)) this.write(index);
  }

  withdrawAll(subjects: ReadonlySet<number>): void {
    for (const index of this.indexesOf(subjects)) this.withdraw(index);
  }

  problems(): string[] {
    const texts = Array.from(this.nextHops.all(), ({ problem }) => problem).filter((problem) => problem !== "");
    return [...new Set(texts)];
  }

  private indexesOf(subjects: ReadonlySet<number>): number[] {
    return [...this.keys.indexes()].filter((index) => subjects.has(this.keys.scopeOf(index) >>> 8));
  }

  /** Of two routes for a prefix the one with the lower metric counts; the other is only remembered to be there. */
  private isShadowed(index: number, { priority }: RouteMessage, removed: boolean): boolean {
    const metric = this.metrics[index]!;
    if (priority !== metric) this.shadows[index] = 1;
    return removed ? priority !== metric : priority > metric;
  }

  private add(scope: number, address: Uint8Array): number {
    const index = this.keys.addAddress(scope, address);
    if (index >= this.sets.length) this.grow();
    this.sets[index] = 0;
    this.shadows[index] = 0;
    return index;
  }

  private set(index: number, subject: VrfSubject, route: RouteMessage): void {
    const before = this.nextHops.get(this.sets[index]!);
    const after = this.nextHops.take(subject, route);
    this.sets[index] = after.number;
    this.metrics[index] = route.priority;
    if (before !== after) this.write(index);
    if (before !== undefined) this.nextHops.leave(before);
  }

  private remove(index: number): void {
    const before = this.nextHops.get(this.sets[index]!);
    if (before !== undefined) {
      this.withdraw(index);
      this.nextHops.leave(before);
      if (this.shadows[index] === 1) this.lost();
    }
    this.sets[index] = 0;
    if (this.marks.isRunning) this.ghosts.push(index);
    else this.keys.delete(index);
  }

  private write(index: number): void {
    const set = this.nextHops.get(this.sets[index]!);
    if (set === undefined || !this.isApplied(set.subject)) return;
    const { scope, address } = this.keys.keyOf(index);
    this.routes.learn(set.subject.vrf, address, scope & 0xff, { targets: set.targets, owner: this.ownerOf(set) });
  }

  private withdraw(index: number): void {
    const set = this.nextHops.get(this.sets[index]!);
    if (set === undefined || !this.isApplied(set.subject)) return;
    const { scope, address } = this.keys.keyOf(index);
    this.routes.withdraw(set.subject.vrf, address, scope & 0xff);
  }

  private nexthopChanged(id: number): void {
    for (const set of this.nextHops.refresh(id)) this.routes.changeOwned(this.ownerOf(set), set.targets);
  }

  private dropBehind(nexthopId: number): void {
    const behind = (index: number) => this.nextHops.get(this.sets[index]!)?.nexthopId === nexthopId;
    for (const index of [...this.keys.indexes()].filter(behind)) this.remove(index);
  }

  private isApplied({ id, vrf }: VrfSubject): boolean {
    return id !== 0 && this.vrfs.idOf(vrf) === id;
  }

  private ownerOf({ nexthopId, subject }: NextHopSet): string {
    return nexthopId === 0 ? "" : `${this.place} ${subject.number} ${nexthopId}`;
  }

  private grow(): void {
    const size = this.sets.length * 2;
    const { sets, metrics, marked, shadows } = this;
    this.sets = new Uint32Array(size);
    this.metrics = new Uint32Array(size);
    this.marked = new Uint16Array(size);
    this.shadows = new Uint8Array(size);
    this.sets.set(sets);
    this.metrics.set(metrics);
    this.marked.set(marked);
    this.shadows.set(shadows);
  }
}

function isByRouting(protocol: number): boolean {
  return protocol === RTPROT_ZEBRA || (protocol >= RTPROT_BGP && protocol <= RTPROT_LAST);
}
