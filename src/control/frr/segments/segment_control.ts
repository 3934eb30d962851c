// Ethernet segments of ours, put together: what zebra says of them, the tables, the bridge ports that zebra wants, and
// where the MACs behind them are announced and found.

import type { Tables } from "../../../tables/tables.js";
import type { Attachments } from "../../attachments.js";
import type { BridgeDomainControl } from "../../bridge_domains.js";
import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import { Listeners, type Unsubscribe } from "../../netlink/index.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import type { DomainObjects } from "../objects/index.js";
import type { Vty } from "../vty/index.js";
import type { FrrWorld } from "../world.js";
import { SegmentPorts, type WantedPort } from "./bridge_ports.js";
import { type AccessInterface, OwnSegments } from "./own_segments.js";
import { type HalfToldMacs, SegmentMacs } from "./segment_macs.js";
import { SegmentWatch } from "./segment_watch.js";
import type { ShownSegments } from "./shown.js";

/** The default of all other bridges is 1. */
const FIRST_VLAN = 2;
const LAST_VLAN = 4094;

export interface SegmentParts {
  readonly world: FrrWorld;
  readonly tables: Tables;
  readonly domains: Pick<BridgeDomainControl, "idOf" | "nameOf">;
  readonly vteps: RemoteVteps;
  readonly attachments: Pick<Attachments, "all">;
  readonly clock: Clock;
  readonly events: EventSink;
  /** The mirror of our own network namespace. */
  readonly mirror: () => HalfToldMacs | undefined;
  readonly vniOf: (bridgeDomain: string) => number;
  readonly zebra: () => Vty | undefined;
  /** Tables have changed. */
  readonly changed: () => void;
}

/** Where MACs behind a segment are announced. */
export interface AnnouncedSegment {
  /** Number of the segment in the tables. */
  readonly segment: number;
  /** Interface index. */
  readonly port: number;
}

/** For people. */
export interface ShownSegment {
  readonly esi: string;
  readonly interface: string;
  readonly bridgeDomain: string | null;
  readonly designatedForwarder: boolean;
  readonly vteps: readonly string[];
  /** Whether zebra is told of the MACs behind it, as such. */
  readonly announced: boolean;
}

export interface SegmentedDomain extends DomainObjects {
  readonly segments: readonly AnnouncedSegment[];
}

export class SegmentControl {
  private readonly own: OwnSegments;
  private readonly ports: SegmentPorts;
  private readonly macs: SegmentMacs;
  private readonly changes = new Listeners<void>();
  private readonly portChanges = new Listeners<void>();
  private readonly subscriptions: Unsubscribe[];
  private readonly misplaced = new Map<string, string>();
  private watch: SegmentWatch | undefined;
  private told = "";

  constructor(private readonly parts: SegmentParts) {
    const { world, tables, vteps, events } = parts;
    const { own } = world.places;
    this.own = new OwnSegments({ tables, vteps, events, interfaces: () => this.interfaces() });
    this.ports = new SegmentPorts(own, () => this.tellOfChange());
    this.macs = new SegmentMacs(parts);
    this.subscriptions = [
      world.objects.onChange(() => {
        this.changes.emit();
        this.place();
      }),
      own.links.onChange(({ name }) => this.isSegment(name) && this.watch?.look()),
      own.feed.onNotification((object) => {
        if (object.kind === "nexthop") this.watch?.look();
      }),
    ];
  }

  /** Asks the zebra whose sockets are in that folder. */
  ask(folder: string): void {
    this.watch?.close();
    this.watch = new SegmentWatch({ folder, clock: this.parts.clock, told: (shown, isAll) => this.take(shown, isAll) });
  }

  /** To be called before the data path follows the tables. */
  follow(): void {
    this.own.follow();
  }

  /** zebra has been gone for too long to know who forwards now. */
  distrust(): void {
    this.own.distrust();
    this.parts.changed();
  }

  /** The kernel objects, with the ports of segments in them. */
  *domains(): Generator<SegmentedDomain> {
    const bySegment = [...this.own.all].map(({ interface: name }) => name);
    for (const domain of this.parts.world.objects.domains()) {
      const names = bySegment.filter((name) => this.domainOf(name) === domain.bridgeDomain);
      const segments = names.map((name) => ({ segment: this.own.idOf(name), port: this.ports.indexOf(name) }));
      yield { ...domain, segments: segments.filter(({ port }) => port !== 0) };
    }
  }

  /** Those objects, or their segments, are others than before. */
  onChange(listener: () => void): Unsubscribe {
    return this.changes.add(listener);
  }

  /** Ports of bridges are segments that were none, or the other way round. */
  onPorts(listener: () => void): Unsubscribe {
    return this.portChanges.add(listener);
  }

  /** Access port of the domain behind an interface of the kernel's that is a segment; 0 = none. */
  portAt(place: string, ifindex: number, bd: number): number {
    if (place !== "" || this.told === "") return 0;
    const name = this.parts.world.places.own.links.byIndex(ifindex)?.name;
    return name === undefined ? 0 : this.own.portOf(name, bd);
  }

  /** What is known of each. */
  *shown(): Generator<ShownSegment> {
    for (const { esi, interface: name, isDesignated, peers } of this.own.all) {
      const bridgeDomain = this.domainOf(name) ?? null;
      const announced = this.ports.indexOf(name) !== 0;
      yield { esi, interface: name, bridgeDomain, designatedForwarder: isDesignated, vteps: peers, announced };
    }
  }

  /** See MacMirrorParts. */
  halfTold(): void {
    this.macs.look();
  }

  problems(): string[] {
    const misplaced = Array.from(this.misplaced, ([name, why]) => `Ethernet segment on ${name}: ${why}`);
    const asked = [...(this.watch?.problems() ?? []), ...this.macs.problems()];
    return [...asked, ...this.own.problems(), ...this.ports.problems(), ...misplaced];
  }

  /** Nothing is a segment any more. */
  forget(): void {
    this.own.forget();
    this.parts.changed();
  }

  /** Resolves when the interfaces that we put into bridges are out of them: at the end, also from bridges that outlive us. */
  leave(): Promise<void> {
    return this.ports.leave();
  }

  /** The kernel's ports stay as they are: the next data path takes them over. */
  close(): void {
    this.watch?.close();
    this.macs.close();
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.ports.close();
  }

  private take(shown: ShownSegments, isAll: boolean): void {
    const { own } = shown;
    this.macs.take(shown);
    const before = JSON.stringify([...this.own.all]);
    this.own.take(own, isAll);
    if (JSON.stringify([...this.own.all]) !== before) this.place();
    // Also where nothing is a segment: the ports that were withheld until now are ports like any other.
    if (!this.parts.tables.deltas.empty) this.parts.changed();
  }

  private place(): void {
    this.own.follow();
    this.misplaced.clear();
    const objects = new Map(Array.from(this.parts.world.objects.domains(), (one) => [one.bridgeDomain, one]));
    const wanted = new Map<string, WantedPort>();
    for (const { interface: name } of this.own.all) {
      const domain = objects.get(this.domainOf(name) ?? "");
      if (domain === undefined) continue;
      const vlan = this.parts.domains.idOf(domain.bridgeDomain) + FIRST_VLAN - 1;
      const why = whyNot(domain, vlan);
      if (why === "") wanted.set(name, { bridge: domain.bridge, vlan });
      else this.misplaced.set(name, why);
    }
    this.ports.apply(wanted);
    this.tellOfChange();
  }

  /** The domain of an interface's ports: as a port of a bridge it can have only one. */
  private domainOf(name: string): string | undefined {
    const { tables, domains } = this.parts;
    const segment = this.own.idOf(name);
    const bds = new Set(tables.ports.bd.filter((_, port) => tables.ports.segment[port] === segment));
    const [bd = 0] = bds;
    if (bds.size > 1) this.misplaced.set(name, "it has ports of several bridge domains; zebra can know of one");
    return bds.size === 1 ? domains.nameOf(bd) : undefined;
  }

  private isSegment(name: string): boolean {
    return this.own.idOf(name) !== 0;
  }

  private *interfaces(): Generator<AccessInterface> {
    for (const { intent, slot, link } of this.parts.attachments.all())
      if (intent.role === "access") yield { name: intent.name, slot, isBond: link?.kind === "bond" };
  }

  private tellOfChange(): void {
    const attached = Array.from(this.domains(), ({ bridge, segments }) =>
      segments.map((one) => ({ bridge, ...one })),
    ).flat();
    const now = attached.length === 0 ? "" : JSON.stringify(attached);
    if (now === this.told) return;
    this.told = now;
    this.changes.emit();
    this.portChanges.emit();
  }
}

/** zebra finds a segment's VNI by the VLAN; see bridge_ports.ts. */
function whyNot({ place }: DomainObjects, vlan: number): string {
  if (place.name !== "") return `the bridge is in namespace ${place.name}, where the interface is not`;
  return vlan > LAST_VLAN ? "there are more bridge domains than VLANs to tell them apart" : "";
}
