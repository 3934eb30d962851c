// Where a bridge domain's MACs and bindings are announced: a port and a bridge of the kernel, in one network namespace.

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
}

export class Site {
  /** What stands there is known. */
  isLoaded = false;
  /** What an earlier life of ours left is let stand. */
  isInGrace = false;
  cancelGrace: () => void = () => {};
  readonly deletes = new KeyQueue();
  readonly adds = new KeyQueue();

  constructor(
    readonly bd: number,
    readonly objects: AnnouncedDomain,
  ) {}

  get place(): AnnouncePlace {
    return this.objects.place;
  }

  /** Nothing of what stood there can have been lost. */
  isSameAs({ place, bridge, port }: AnnouncedDomain): boolean {
    return this.place === place && this.objects.bridge === bridge && this.objects.port === port;
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

  get(bd: number): Site | undefined {
    return this.byBd.get(bd);
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
    for (const objects of domains) {
      const bd = bdOf(objects.bridgeDomain);
      if (bd !== 0 && objects.port !== 0) this.add(bd, objects, before.get(bd));
    }
    const gone = [...before.values()].filter((site) => this.byBd.get(site.bd) !== site);
    const found = [...this.byBd.values()].filter((site) => before.get(site.bd) !== site);
    return { gone, found };
  }

  private add(bd: number, objects: AnnouncedDomain, known: Site | undefined): void {
    const site = known?.isSameAs(objects) === true ? known : new Site(bd, objects);
    this.byBd.set(bd, site);
    index(this.byPort, objects.place, objects.port, site);
    index(this.byBridge, objects.place, objects.bridge, site);
    if (objects.vxlan !== 0) index(this.byVxlan, objects.place, objects.vxlan, site);
  }
}

function index(sites: Map<AnnouncePlace, Map<number, Site>>, place: AnnouncePlace, ifindex: number, site: Site): void {
  const ofPlace = sites.get(place) ?? new Map<number, Site>();
  sites.set(place, ofPlace.set(ifindex, site));
}
