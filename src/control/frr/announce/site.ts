// Where a bridge domain's MACs and bindings are announced: a port and a bridge of the kernel, in one network namespace.
// MACs behind an Ethernet segment have a site of their own, which is the segment's interface (RFC 7432 §9.2.1): zebra
// tells them with the segment's number.

import { Limit } from "../../../abi/generated.js";
import type { NetlinkClient } from "../../netlink/index.js";
import { KeyQueue } from "./key_queue.js";

/** What announcing needs of a Place. */
export interface AnnouncePlace {
  readonly name: string;
  readonly client: Pick<NetlinkClient, "execute">;
  readonly feed: Pick<NetlinkClient, "onNotification" | "onForwardingEntry" | "onOverrun" | "dump" | "dumpForwarding">;
}

/** What it needs of DomainObjects. */
export interface AnnouncedDomain {
  readonly place: AnnouncePlace;
  readonly bridgeDomain: string;
  readonly bridge: number;
  readonly vxlan: number;
  readonly port: number;
  readonly segments?: readonly { readonly segment: number; readonly port: number }[];
}

/** Numbers of sites: of a domain its own, of a segment one beyond. */
export const MAX_SITES: number = Limit.MAX_BDS + Limit.MAX_SEGMENTS;

export class Site {
  /** What stands there is known. */
  isLoaded = false;
  /** What an earlier life of ours left is let stand. */
  isInGrace = false;
  cancelGrace: () => void = () => {};
  readonly deletes = new KeyQueue();
  readonly adds = new KeyQueue();

  /** `bd`: number of the site, by which its MACs are kept. */
  constructor(
    readonly bd: number,
    readonly objects: AnnouncedDomain,
    /** Number of the bridge domain. */
    readonly domain = bd,
    /** Ethernet segment whose MACs these are; 0 = those of all other ports. */
    readonly segment = 0,
  ) {}

  get place(): AnnouncePlace {
    return this.objects.place;
  }

  /** Nothing of what stood there can have been lost. */
  isSameAs({ place, bridge, port }: AnnouncedDomain, domain: number): boolean {
    return (
      this.domain === domain && this.place === place && this.objects.bridge === bridge && this.objects.port === port
    );
  }
}

export interface SiteChanges {
  readonly gone: readonly Site[];
  readonly found: readonly Site[];
}

export class Sites {
  private byBd = new Map<number, Site>();
  /** By place and interface index. */
  private byPort = new Map<AnnouncePlace, Map<number, Site>>();
  private byVxlan = new Map<AnnouncePlace, Map<number, Site>>();
  private byBridge = new Map<AnnouncePlace, Map<number, Site>>();
  private byDomain = new Map<number, Site[]>();

  get(bd: number): Site | undefined {
    return this.byBd.get(bd);
  }

  /** Of a bridge domain and its segments. */
  ofDomain(bd: number): readonly Site[] {
    return this.byDomain.get(bd) ?? [];
  }

  all(): Iterable<Site> {
    return this.byBd.values();
  }

  atPort(place: AnnouncePlace, ifindex: number): Site | undefined {
    return this.byPort.get(place)?.get(ifindex);
  }

  atVxlan(place: AnnouncePlace, ifindex: number): Site | undefined {
    return this.byVxlan.get(place)?.get(ifindex);
  }

  atBridge(place: AnnouncePlace, ifindex: number): Site | undefined {
    return this.byBridge.get(place)?.get(ifindex);
  }

  /** `bdOf` gives 0 for a domain that is not known (any more). */
  refresh(domains: Iterable<AnnouncedDomain>, bdOf: (name: string) => number): SiteChanges {
    const before = this.byBd;
    this.byBd = new Map();
    this.byPort = new Map();
    this.byVxlan = new Map();
    this.byBridge = new Map();
    this.byDomain = new Map();
    for (const objects of domains) {
      const bd = bdOf(objects.bridgeDomain);
      if (bd === 0 || objects.port === 0) continue;
      this.add(bd, objects, before);
      for (const segment of objects.segments ?? []) this.addSegment(bd, objects, segment, before);
    }
    const gone = [...before.values()].filter((site) => this.byBd.get(site.bd) !== site);
    const found = [...this.byBd.values()].filter((site) => before.get(site.bd) !== site);
    return { gone, found };
  }

  private add(bd: number, objects: AnnouncedDomain, before: ReadonlyMap<number, Site>): void {
    const known = before.get(bd);
    const site = known?.isSameAs(objects, bd) === true ? known : new Site(bd, objects);
    this.put(site);
    index(this.byBridge, objects.place, objects.bridge, site);
    if (objects.vxlan !== 0) index(this.byVxlan, objects.place, objects.vxlan, site);
  }

  private addSegment(
    bd: number,
    objects: AnnouncedDomain,
    { segment, port }: { readonly segment: number; readonly port: number },
    before: ReadonlyMap<number, Site>,
  ): void {
    const here = { ...objects, port };
    const known = before.get(Limit.MAX_BDS + segment);
    const isSame = known?.isSameAs(here, bd) === true;
    this.put(isSame ? known : new Site(Limit.MAX_BDS + segment, here, bd, segment));
  }

  private put(site: Site): void {
    this.byBd.set(site.bd, site);
    this.byDomain.set(site.domain, [...this.ofDomain(site.domain), site]);
    index(this.byPort, site.place, site.objects.port, site);
  }
}

function index(sites: Map<AnnouncePlace, Map<number, Site>>, place: AnnouncePlace, ifindex: number, site: Site): void {
  const ofPlace = sites.get(place) ?? new Map<number, Site>();
  sites.set(place, ofPlace.set(ifindex, site));
}
