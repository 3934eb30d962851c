// One network namespace of the kernel, as far as zebra fills it, kept in our tables: what is there at first, and every
// change after. First the notifications are followed, then everything is read, then what was not seen is gone; again
// after an overrun, and when objects of ours came that nothing was read of. It writes nothing to the kernel, and decides
// nothing that zebra has decided.

import type { Tables } from "../../../tables/tables.js";
import type { Mac } from "../../../wire/ethernet.js";
import type { BridgeDomainControl } from "../../bridge_domains.js";
import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import {
  AddressFamily,
  encodeDumpNeighbors,
  encodeDumpNexthops,
  encodeDumpRoutes,
  type ForwardingEntry,
  type NetlinkObject,
  refusedWith,
  type Unsubscribe,
} from "../../netlink/index.js";
import type { RemoteMacs } from "../../remote/macs.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import type { RouteControl } from "../../routing/routes.js";
import type { VrfControl } from "../../routing/vrfs.js";
import type { DomainObjects, VrfObjects } from "../objects/placed.js";
import type { Place } from "../places.js";
import { BindingMirror, type RemoteBindingSink } from "./bindings.js";
import { FloodMirror } from "./flood.js";
import { MacMirror } from "./macs.js";
import { Marks } from "./marks.js";
import { NexthopMirror } from "./nexthops.js";
import { Reading } from "./reading.js";
import { RouterMacMirror } from "./router_macs.js";
import { RouteMirror } from "./routes.js";
import { SegmentMirror } from "./segments.js";
import { type SubjectChanges, Subjects } from "./subjects.js";

/** The kernel objects of all places; see KernelObjects. */
export interface MirroredObjects {
  domains(): Iterable<DomainObjects>;
  vrfs(): Iterable<VrfObjects>;
}

export interface MirrorParts {
  readonly place: Place;
  readonly objects: MirroredObjects;
  readonly tables: Tables;
  readonly domains: BridgeDomainControl;
  readonly vrfs: VrfControl;
  readonly vteps: RemoteVteps;
  readonly macs: RemoteMacs;
  readonly routes: RouteControl;
  readonly neighbors: RemoteBindingSink;
  /** See MacMirrorParts. */
  readonly segmentPort: (place: string, ifindex: number, bd: number) => number;
  readonly halfTold: () => void;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Tables have changed: `follow` is to be called, and the data path to follow them. */
  readonly changed: () => void;
}

/** What the mirror holds of the kernel, and what it could not use. */
export interface MirrorCounts {
  readonly macs: number;
  readonly bindings: number;
  readonly routes: number;
  /** MACs that a static or sticky entry of ours stands before. */
  readonly overruled: number;
  /** Entries with no VTEP of ours behind them. */
  readonly unusable: number;
  readonly overruns: number;
  readonly malformed: number;
  readonly unknown: number;
}

/** First bit of a group address, in the MAC's first two bytes. */
const GROUP_BIT = 0x0100;
const FAMILIES = [AddressFamily.ipv4, AddressFamily.ipv6];

export class Mirror {
  private readonly marks = new Marks();
  private readonly subjects = new Subjects();
  private readonly nexthops = new NexthopMirror(this.marks);
  private readonly macs: MacMirror;
  private readonly flood: FloodMirror;
  private readonly bindings: BindingMirror;
  private readonly routerMacs: RouterMacMirror;
  private readonly routes: RouteMirror;
  private readonly subscriptions: Unsubscribe[];
  private readonly reading: Reading;
  /** What zebra said is not in the tables: zebra has been gone for too long. */
  private isSwept = false;

  constructor(private readonly parts: MirrorParts) {
    const { place, tables, domains, vteps, macs, routes, neighbors, vrfs, clock } = parts;
    const { subjects, marks, nexthops } = this;
    const segments = new SegmentMirror(place.name, vteps, nexthops);
    this.macs = new MacMirror({
      ...{ tables, domains, vteps, macs, segments, subjects, marks },
      segmentPort: (ifindex, bd) => parts.segmentPort(place.name, ifindex, bd),
      halfTold: parts.halfTold,
    });
    this.flood = new FloodMirror(vteps, subjects, marks);
    this.bindings = new BindingMirror(neighbors, domains, subjects, marks);
    this.routerMacs = new RouterMacMirror(routes, marks);
    this.reading = new Reading(marks, clock, { read: () => this.readAll(), sweep: () => this.sweepUnseen() });
    const lost = () => this.reading.again();
    this.routes = new RouteMirror(place.name, routes, vrfs, subjects, marks, nexthops, lost);
    const { feed, links } = place;
    this.subscriptions = [
      feed.onForwardingEntry((entry, removed) => this.takeEntry(entry, removed, false)),
      feed.onNotification((object) => this.takeObject(object, false)),
      feed.onOverrun(() => this.overrun()),
      // The routes over an interface that goes down vanish without a message.
      links.onChange(({ before, after }) => {
        const { ifindex } = after ?? before ?? { ifindex: 0 };
        if (before !== null && before.isUp !== after?.isUp && this.subjects.isBridge(ifindex)) this.reading.again();
      }),
    ];
  }

  /** Looks at the objects and the config again, after either changed. Resolves when what is new has been read. */
  async refresh(): Promise<void> {
    const { objects, place, changed } = this.parts;
    const isHere = (one: { readonly place: Place }) => one.place.name === place.name;
    const changes = this.subjects.update([...objects.domains()].filter(isHere), [...objects.vrfs()].filter(isHere));
    this.drop(changes);
    this.subjects.forget(changes);
    this.bind();
    if (changes.hasNew) this.reading.again();
    changed();
    await this.settled();
  }

  /** Reads everything, though nothing is known to be missing. */
  readAgain(): Promise<void> {
    this.reading.again();
    return this.settled();
  }

  /** Resolves when everything wanted so far has been read. */
  async settled(): Promise<void> {
    await this.reading.settled();
  }

  /** To be called before the data path follows the tables. */
  follow(): void {
    this.macs.follow();
    this.parts.vteps.settle();
  }

  /** Takes all that zebra said out of the tables; the kernel goes on being followed. */
  sweep(): void {
    if (this.isSwept) return;
    this.isSwept = true;
    const [domains, vrfs] = [numbersOf(this.subjects.allDomains()), numbersOf(this.subjects.allVrfs())];
    this.macs.withdrawAll(domains);
    this.flood.withdrawAll(domains);
    this.bindings.withdrawAll(domains);
    this.routes.withdrawAll(vrfs);
    this.bind();
    this.parts.changed();
  }

  /** Brings it back. */
  resume(): void {
    if (!this.isSwept) return;
    this.isSwept = false;
    this.bind();
    this.parts.changed();
  }

  /** Takes it out of the tables for good, with the VTEPs that it stands behind. */
  forget(): void {
    const changes = this.subjects.update([], []);
    this.drop(changes);
    this.subjects.forget(changes);
    this.parts.changed();
  }

  /** Whether another VTEP holds the MAC fast: then no host here may be announced with it. */
  isSticky(bd: number, hi: number, lo: number): boolean {
    return this.macs.isSticky(bd, hi, lo);
  }

  /** See MacMirror. */
  halfToldDomains(): Set<string> {
    return this.macs.halfToldDomains();
  }

  /** See MacMirror. */
  placeAt(bridgeDomain: string, { hi, lo }: Mac, vtep: string): boolean {
    this.parts.changed();
    return this.macs.placeAt(this.parts.domains.idOf(bridgeDomain), hi, lo, vtep);
  }

  /** See MacMirror. */
  placeBehind(bridgeDomain: string, { hi, lo }: Mac, nexthopId: number): boolean {
    this.parts.changed();
    return this.macs.placeBehind(this.parts.domains.idOf(bridgeDomain), hi, lo, nexthopId);
  }

  counts(): MirrorCounts {
    const { macs, bindings, routes } = this;
    const { overruns, malformed, unknown } = this.parts.place.feed.counters;
    const held = { macs: macs.count, bindings: bindings.count, routes: routes.count };
    return { ...held, overruled: macs.overruled, unusable: macs.unusable, overruns, malformed, unknown };
  }

  /** Why the tables are not all that the kernel says. */
  problems(): string[] {
    const all = [...this.macs.problems(), ...this.routes.problems()];
    const { failure } = this.reading;
    return failure === "" ? all : [...all, failure];
  }

  /** The tables keep what they have, unless `forget` comes first. */
  close(): void {
    this.reading.close();
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  private takeEntry(entry: ForwardingEntry, removed: boolean, isRead: boolean): void {
    if (removed) this.reading.entryRemoved();
    const isUnicast = (entry.hi & GROUP_BIT) === 0;
    if (isUnicast && (entry.hi !== 0 || entry.lo !== 0)) this.macs.take(entry, removed, isRead);
    else if (entry.hi === 0 && entry.lo === 0) this.flood.take(entry, removed, isRead);
    else return;
    this.parts.changed();
  }

  private takeObject(object: NetlinkObject, isRead: boolean): void {
    const { subjects } = this;
    if (object.kind === "neighbor") {
      const { neighbor, removed } = object;
      if (removed) this.reading.entryRemoved();
      const domain = subjects.ofBridge(neighbor.ifindex);
      const vrf = subjects.ofL3Bridge(neighbor.ifindex);
      if (domain !== undefined) this.bindings.take(domain, neighbor, removed, isRead);
      if (vrf !== undefined) this.routerMacs.take(vrf, neighbor, removed, isRead);
      if (domain === undefined && vrf === undefined) return;
    } else if (object.kind === "route") this.routes.take(object.route, object.removed, isRead);
    else if (object.kind === "nexthop") this.nexthops.take(object.nexthop, object.removed, isRead);
    else return;
    this.parts.changed();
  }

  private drop({ goneDomains, goneVrfs }: SubjectChanges): void {
    const [domains, vrfs] = [numbersOf(goneDomains), numbersOf(goneVrfs)];
    if (domains.size > 0) {
      this.macs.drop(domains);
      this.flood.drop(domains);
      this.bindings.drop(domains);
    }
    if (vrfs.size > 0) {
      this.routerMacs.drop(vrfs);
      this.routes.drop(vrfs);
    }
  }

  /** The config may have given a domain or a VRF another number, whose entries are all to be written. */
  private bind(): void {
    const domains = new Set<number>();
    for (const subject of this.subjects.allDomains()) {
      const bd = this.isSwept ? 0 : this.parts.domains.idOf(subject.bridgeDomain);
      if (bd === subject.bd) continue;
      domains.add(subject.number);
      this.subjects.bindDomain(subject, bd);
    }
    const vrfs = new Set<number>();
    for (const subject of this.subjects.allVrfs()) {
      const id = this.isSwept ? 0 : this.parts.vrfs.idOf(subject.vrf);
      if (id === subject.id) continue;
      vrfs.add(subject.number);
      subject.id = id;
    }
    if (domains.size > 0 && !this.isSwept) {
      this.macs.apply(domains);
      this.flood.apply(domains);
      this.bindings.apply(domains);
    }
    if (vrfs.size > 0 && !this.isSwept) this.routes.apply(vrfs);
  }

  private overrun(): void {
    this.parts.events("kernel_messages_lost", { namespace: this.parts.place.name });
    this.reading.again();
  }

  private sweepUnseen(): void {
    this.nexthops.sweep();
    this.macs.sweep();
    this.flood.sweep();
    this.bindings.sweep();
    this.routerMacs.sweep();
    this.routes.sweep();
    this.parts.changed();
  }

  private async readAll(): Promise<void> {
    const { feed } = this.parts.place;
    this.parts.vteps.forgetRefusals();
    const read = (object: NetlinkObject) => this.takeObject(object, true);
    await feed.dump(encodeDumpNexthops(), read);
    await feed.dumpForwarding(encodeDumpNeighbors(AddressFamily.bridge), (entry) => this.takeEntry(entry, false, true));
    for (const family of FAMILIES) {
      await feed.dump(encodeDumpNeighbors(family), read);
      for (const { table } of [...this.subjects.allVrfs()]) await this.dumpRoutes(family, table, read);
    }
  }

  /** A table without a route may not exist. */
  private async dumpRoutes(family: number, table: number, read: (object: NetlinkObject) => void): Promise<void> {
    try {
      await this.parts.place.feed.dump(encodeDumpRoutes(family, table), read);
    } catch (error) {
      if (refusedWith(error) !== "ENOENT") throw error;
    }
  }
}

function numbersOf(subjects: Iterable<{ readonly number: number }>): Set<number> {
  return new Set(Array.from(subjects, ({ number }) => number));
}
