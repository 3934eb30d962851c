// What this VTEP tells zebra: its admitted local MACs and the bindings of its hosts, as entries of the kernel's bridges.
// No MAC that was refused is ever written; what is written follows the tables within the same turn of the event loop, and
// goes when its MAC ages, moves away, or loses its port, since the kernel lets none of it go by itself. After a restart
// what an earlier life has written stays for a while, so that silent hosts are not withdrawn from the fabric.
// SPEC: RFC 7432 §9, §15, RFC 9135 §4, §7.

import type { Tables } from "../../../tables/tables.js";
import type { Mac } from "../../../wire/ethernet.js";
import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import type { LocalBindings } from "../../neighbors/local.js";
import { BindingAnnouncer } from "./bindings.js";
import { Feed } from "./feed.js";
import { MacAnnouncer } from "./macs.js";
import { Refusals } from "./refusals.js";
import { type AnnouncedDomain, type AnnouncePlace, type Site, Sites } from "./site.js";

/** Until then notifications have caught up with our writes, and what was refused may be accepted. */
const SETTLE_MS = 1_000;

export interface AnnouncerParts {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly domains: { idOf(name: string): number; nameOf(bd: number): string };
  readonly objects: { domains(): Iterable<AnnouncedDomain>; onChange(listener: () => void): void };
  readonly local: Pick<LocalBindings, "observe" | "find" | "addressesIn">;
  /** How long what an earlier life has announced is let stand. */
  readonly staleSeconds: () => number;
  /** Whether zebra has a sticky remote entry for a MAC. */
  readonly isStickyElsewhere: (bd: number, hi: number, lo: number) => boolean;
}

export class Announcer {
  private readonly sites = new Sites();
  private readonly refusals: Refusals;
  private readonly localMacs: MacAnnouncer;
  private readonly localBindings: BindingAnnouncer;
  private readonly feeds = new Map<AnnouncePlace, Feed>();
  private readonly notLoaded = new Map<Site, string>();
  private cancelLater: (() => void) | undefined;
  /** For the end of all writes. */
  private waiting: (() => void)[] = [];
  private isDue = false;
  private closed = false;

  constructor(private readonly parts: AnnouncerParts) {
    const { tables, local, events, domains, objects, isStickyElsewhere } = parts;
    const { sites } = this;
    const later = () => this.later();
    const wrote = () => this.wrote();
    this.refusals = new Refusals(events, (bd) => domains.nameOf(this.domainOf(bd)));
    const { refusals } = this;
    this.localMacs = new MacAnnouncer({ tables, sites, refusals, isStickyElsewhere, later, wrote });
    this.localBindings = new BindingAnnouncer({ tables, sites, refusals, local, later, wrote });
    tables.fdb.onLocal = (w0, w1) => {
      this.localMacs.touch(w0, w1);
      this.soon();
    };
    local.observe((bd, address) => {
      this.localBindings.touch(bd, address);
      this.soon();
    });
    objects.onChange(() => this.refresh());
    this.refresh();
  }

  /** Writes what has changed. It happens by itself at the end of the turn; calling it is harmless. */
  follow(): void {
    if (this.closed) return;
    this.localMacs.follow();
    this.localBindings.pump();
  }

  problems(): string[] {
    const unread = Array.from(this.notLoaded, ([{ bd }, why]) => {
      return `bridge domain ${this.parts.domains.nameOf(this.domainOf(bd))}: nothing is announced: ${why}`;
    });
    return [...unread, ...this.refusals.texts()];
  }

  /** Takes everything back that was announced; for objects that outlive us. Resolves when the kernel has confirmed it. */
  withdrawAll(): Promise<void> {
    for (const site of this.sites.all()) site.isInGrace = false;
    this.localMacs.end();
    this.localBindings.end();
    return this.idle();
  }

  /** What is to stand on a domain's port now. */
  macs(bridgeDomain: string): Mac[] {
    return this.localMacs.standingIn(this.parts.domains.idOf(bridgeDomain));
  }

  /** And at its bridge. */
  bindings(bridgeDomain: string): Iterable<{ readonly address: Uint8Array; readonly mac: Mac }> {
    return this.localBindings.standingIn(this.parts.domains.idOf(bridgeDomain));
  }

  /** Writes all of it once more, also what it takes to be there. Resolves when the kernel has answered. */
  announceAgain(bridgeDomain: string): Promise<void> {
    const site = this.sites.get(this.parts.domains.idOf(bridgeDomain));
    if (site === undefined) return Promise.resolve();
    this.localMacs.writeAgain(site);
    this.localBindings.renew(site.bd);
    return this.idle();
  }

  /** zebra has not read the bindings that stand there. */
  renewBindings(bridgeDomain: string): void {
    this.localBindings.renew(this.parts.domains.idOf(bridgeDomain));
  }

  close(): void {
    this.closed = true;
    this.wrote();
    this.parts.tables.fdb.onLocal = undefined;
    this.cancelLater?.();
    for (const site of this.sites.all()) site.cancelGrace();
    for (const feed of this.feeds.values()) feed.close();
  }

  private domainOf(site: number): number {
    return this.sites.get(site)?.domain ?? site;
  }

  private idle(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.wrote();
    });
  }

  private wrote(): void {
    if (this.waiting.length === 0) return;
    const isLoaded = [...this.sites.all()].every((site) => site.isLoaded || this.notLoaded.has(site));
    const isIdle = isLoaded && this.localMacs.isIdle && this.localBindings.isIdle;
    if (!this.closed && !isIdle) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private soon(): void {
    if (this.isDue || this.closed) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.follow();
    });
  }

  private later(): void {
    if (this.cancelLater !== undefined || this.closed) return;
    this.cancelLater = this.parts.clock.after(SETTLE_MS, () => {
      this.cancelLater = undefined;
      this.localMacs.settle();
      this.localBindings.settle();
      for (const site of [...this.notLoaded.keys()]) this.load(site);
    });
  }

  /** Kernel objects came, went, or are others than before. */
  private refresh(): void {
    if (this.closed) return;
    const { objects, domains } = this.parts;
    const { gone, found } = this.sites.refresh(objects.domains(), (name) => domains.idOf(name));
    for (const site of gone) this.forget(site);
    this.followPlaces();
    const bds = new Set([...found, ...gone].map(({ domain }) => domain));
    if (bds.size === 0) return;
    this.localMacs.wantAll(bds);
    this.localBindings.wantAll(bds);
    for (const site of found) this.loadFirst(site);
    this.soon();
  }

  private forget(site: Site): void {
    site.cancelGrace();
    this.notLoaded.delete(site);
    this.localMacs.forget(site);
    this.localBindings.forget(site);
    this.refusals.forget(site.bd);
  }

  /** A feed is gone when its place is: nobody closes it twice. */
  private followPlaces(): void {
    const places = new Set(Array.from(this.sites.all(), ({ place }) => place));
    for (const [place, feed] of this.feeds) {
      if (places.has(place)) continue;
      feed.close();
      this.feeds.delete(place);
    }
    for (const place of places) {
      if (this.feeds.has(place)) continue;
      const feed = new Feed(place, this.sites, this.localMacs, this.localBindings, () => this.reload(place));
      this.feeds.set(place, feed);
    }
  }

  private loadFirst(site: Site): void {
    const seconds = this.parts.staleSeconds();
    site.isInGrace = seconds > 0;
    if (site.isInGrace) {
      site.cancelGrace = this.parts.clock.after(seconds * 1_000, () => {
        site.isInGrace = false;
        this.localMacs.endGrace(site);
        this.localBindings.endGrace(site);
      });
    }
    this.load(site);
  }

  /** Notifications were lost. */
  private reload(place: AnnouncePlace): void {
    for (const site of this.sites.all()) if (site.place === place) this.load(site);
  }

  private load(site: Site): void {
    site.isLoaded = false;
    this.notLoaded.delete(site);
    this.localMacs.beginLoad(site);
    this.localBindings.beginLoad(site);
    const feed = this.feeds.get(site.place);
    feed?.dump(site).then(
      () => this.loaded(site),
      (error: Error) => this.loadFailed(site, error.message),
    );
  }

  private loaded(site: Site): void {
    if (this.closed || this.sites.get(site.bd) !== site) return;
    site.isLoaded = true;
    this.localMacs.endLoad(site);
    this.localBindings.endLoad(site);
    this.wrote();
  }

  private loadFailed(site: Site, why: string): void {
    if (this.closed || this.sites.get(site.bd) !== site) return;
    this.notLoaded.set(site, why);
    this.later();
    this.wrote();
  }
}
