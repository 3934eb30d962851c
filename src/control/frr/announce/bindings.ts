// Keeps the bindings of local hosts in the kernel, as neighbours of the domains' bridges. There is one entry per address,
// whoever wrote it: zebra's, for a host behind another VTEP, takes the place of ours, and a deletion of ours would take
// zebra's. So ours is deleted only while it is known to stand; and when the host's MAC has just gone to another VTEP, not
// before zebra has had time to replace it.
//
// When an address of the bridge, its MAC or its state changes, the kernel flushes all its neighbours, and zebra does not
// believe a flush of permanent ones: it goes on announcing them (a ghost). What is still wanted is written again, which
// makes both right; what is not is written and then deleted, which zebra does believe.
//
// A zebra that is new, or heard nothing of EVPN while bgpd was away, does not read the neighbours that stand in VRF
// namespaces (8.4.4): it has to hear of each of them anew.

import { FdbKind } from "../../../abi/generated.js";
import { NOT_FOUND } from "../../../tables/fdb.js";
import type { Tables } from "../../../tables/tables.js";
import type { VtepError } from "../../../wire/error.js";
import type { Mac } from "../../../wire/ethernet.js";
import { formatMapped } from "../../mapped_address.js";
import type { LocalBinding, LocalBindings } from "../../neighbors/local.js";
import { addressKey } from "../../neighbors/sighting.js";
import { refusedWith } from "../../netlink/index.js";
import { bindingMessages, bindingWithdrawal } from "./forms.js";
import type { Refusals } from "./refusals.js";
import type { Site, Sites } from "./site.js";
import { Writes } from "./writes.js";

const MAX_OUTSTANDING = 16;
const GONE: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENODEV"]);

interface Entry {
  readonly bd: number;
  readonly address: Uint8Array;
  wanted: LocalBinding | undefined;
  /** What stands in the kernel, or, of a ghost, what stood there. */
  present: LocalBinding | undefined;
  isGhost: boolean;
  isBusy: boolean;
  /** Written in an earlier life of ours, and not wanted yet. */
  isStale: boolean;
  /** The kernel's answer was no, or lost. */
  isUnsure: boolean;
  /** zebra's entry stands. */
  isElsewhere: boolean;
  /** zebra is to hear of it, though it may stand there already. */
  isAnew: boolean;
  isConfirmed: boolean;
}

export interface BindingParts {
  readonly tables: Tables;
  readonly sites: Sites;
  readonly refusals: Refusals;
  readonly local: Pick<LocalBindings, "find" | "addressesIn">;
  /** Calls `settle` after a while. */
  readonly later: () => void;
  /** A write has ended. */
  readonly wrote: () => void;
}

export class BindingAnnouncer {
  private readonly entries = new Map<string, Entry>();
  private readonly writes = new Writes(MAX_OUTSTANDING);
  private readonly queue = new Set<Entry>();
  private readonly suspects = new Set<Entry>();
  private isEnding = false;

  constructor(private readonly parts: BindingParts) {}

  get isIdle(): boolean {
    return this.writes.isIdle && this.queue.size === 0;
  }

  /** A local binding came, went or changed; `pump` looks at it. */
  touch(bd: number, address: Uint8Array): void {
    if (this.parts.sites.get(bd) !== undefined) this.want(this.entryFor(bd, address));
  }

  wantAll(bds: Iterable<number>): void {
    for (const bd of bds) for (const address of this.parts.local.addressesIn(bd)) this.touch(bd, address);
  }

  end(): void {
    this.isEnding = true;
    for (const entry of this.entries.values()) {
      entry.isStale = false;
      this.want(entry);
    }
    this.pump();
  }

  /** zebra hears of everything that stands at the domain's bridge. */
  renew(bd: number): void {
    for (const entry of this.entriesIn(bd)) {
      entry.isAnew = true;
      this.enqueue(entry);
    }
    this.pump();
  }

  /** What is to stand at the domain's bridge now. */
  *standingIn(bd: number): Generator<{ readonly address: Uint8Array; readonly mac: Mac }> {
    for (const { address, wanted, present, isStale, isElsewhere } of this.entriesIn(bd)) {
      const binding = wanted ?? (isStale ? present : undefined);
      if (binding !== undefined && !isElsewhere) yield { address, mac: binding.mac };
    }
  }

  forget({ bd }: Site): void {
    for (const [key, entry] of this.entries) {
      if (entry.bd !== bd) continue;
      this.entries.delete(key);
      this.queue.delete(entry);
      this.suspects.delete(entry);
    }
  }

  beginLoad({ bd }: Site): void {
    for (const entry of this.entriesIn(bd)) entry.isConfirmed = entry.isBusy;
  }

  /** A permanent entry with our mark stands there. */
  found(site: Site, address: Uint8Array, present: LocalBinding): void {
    const entry = this.entryFor(site.bd, address);
    Object.assign(entry, { present, isGhost: false, isElsewhere: false, isConfirmed: true });
    if (entry.wanted === undefined && !entry.isBusy) entry.isStale = true;
    if (site.isLoaded && !isSame(entry.wanted, present)) this.suspect(entry);
  }

  /** `flushed`: the kernel did it by itself, so zebra goes on announcing it. */
  gone(site: Site, address: Uint8Array, flushed: boolean): void {
    const entry = this.entries.get(addressKey(site.bd, address));
    if (entry === undefined) return;
    const wasElsewhere = entry.isElsewhere;
    entry.isElsewhere = false;
    entry.isGhost = flushed && entry.present !== undefined;
    if (!entry.isGhost) entry.present = undefined;
    entry.isStale = false;
    if (wasElsewhere) this.enqueue(entry);
    else this.suspect(entry);
    this.pump();
  }

  /** Something else stands there: zebra's own (`isRemote`), or what the kernel or somebody made of it. */
  replaced(site: Site, address: Uint8Array, isRemote: boolean): void {
    const entry = this.entries.get(addressKey(site.bd, address));
    if (entry === undefined) return;
    Object.assign(entry, {
      present: undefined,
      isGhost: false,
      isStale: false,
      isElsewhere: isRemote,
      isConfirmed: true,
    });
    this.suspect(entry);
  }

  endLoad(site: Site): void {
    for (const entry of this.entriesIn(site.bd)) {
      if (!entry.isConfirmed && !entry.isGhost) entry.present = undefined;
      this.enqueue(entry);
    }
    if (!site.isInGrace) this.endGrace(site);
    this.pump();
  }

  endGrace({ bd }: Site): void {
    for (const entry of this.entriesIn(bd)) {
      if (!entry.isStale) continue;
      entry.isStale = false;
      this.enqueue(entry);
    }
    this.pump();
  }

  /** Differences that have stayed are real, and what was refused is tried again. */
  settle(): void {
    const settled = [...this.suspects];
    this.suspects.clear();
    for (const entry of settled) {
      if (this.parts.sites.get(entry.bd)?.isInGrace !== true) entry.isStale = false;
      this.enqueue(entry);
      this.tidy(entry);
    }
    this.pump();
  }

  pump(): void {
    for (const entry of this.queue) {
      if (!this.writes.hasRoom) return;
      const site = this.parts.sites.get(entry.bd);
      if (site?.isLoaded === false) continue;
      this.queue.delete(entry);
      if (site !== undefined && isDue(entry)) this.write(site, entry);
    }
  }

  private want(entry: Entry): void {
    const { bd, address } = entry;
    entry.wanted = this.isEnding ? undefined : this.parts.local.find(bd, address);
    entry.isElsewhere = false;
    if (entry.wanted !== undefined) entry.isStale = false;
    if (entry.wanted === undefined && this.hasMovedAway(entry) && !this.isEnding) this.suspect(entry);
    else this.enqueue(entry);
    this.tidy(entry);
  }

  private hasMovedAway({ bd, present }: Entry): boolean {
    if (present === undefined) return false;
    const { fdb } = this.parts.tables;
    const slot = fdb.find(bd, present.mac.hi, present.mac.lo);
    return slot !== NOT_FOUND && fdb.kindAt(slot) === FdbKind.REMOTE;
  }

  private write(site: Site, entry: Entry): void {
    const { address, present, isStale, isAnew } = entry;
    const { bridge } = site.objects;
    const kept = entry.wanted ?? (isStale ? present : undefined);
    const shown = kept ?? (entry.isGhost ? present : undefined);
    const messages = shown === undefined ? [] : bindingMessages(bridge, address, shown, isAnew);
    if (kept === undefined) messages.push(bindingWithdrawal(bridge, address));
    Object.assign(entry, { present: kept, isGhost: false, isUnsure: false, isAnew: false });
    Object.assign(entry, { isBusy: true, isConfirmed: true });
    this.writes.send(site.place, messages, (error) => this.written(site, entry, present, error));
  }

  private written(site: Site, entry: Entry, before: LocalBinding | undefined, error: VtepError | undefined): void {
    entry.isBusy = false;
    if (this.parts.sites.get(entry.bd) === site) {
      const isGone = entry.wanted === undefined && GONE.has(refusedWith(error));
      if (error === undefined || isGone) {
        this.parts.refusals.delete(entry.bd, formatMapped(entry.address));
        this.enqueue(entry);
        this.tidy(entry);
      } else {
        entry.present ??= before;
        entry.isUnsure = true;
        this.parts.refusals.add(entry.bd, formatMapped(entry.address), error.message);
        this.suspect(entry);
      }
    }
    this.pump();
    this.parts.wrote();
  }

  private enqueue(entry: Entry): void {
    if (isDue(entry)) this.queue.add(entry);
  }

  private suspect(entry: Entry): void {
    this.suspects.add(entry);
    this.parts.later();
  }

  /** Nothing to remember of it. */
  private tidy(entry: Entry): void {
    if (entry.wanted !== undefined || entry.present !== undefined || entry.isBusy || this.suspects.has(entry)) return;
    this.entries.delete(addressKey(entry.bd, entry.address));
    this.queue.delete(entry);
    this.parts.refusals.delete(entry.bd, formatMapped(entry.address));
  }

  private entryFor(bd: number, address: Uint8Array): Entry {
    const key = addressKey(bd, address);
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const nothing = { wanted: undefined, present: undefined, isGhost: false, isBusy: false, isStale: false };
    const calm = { isUnsure: false, isElsewhere: false, isAnew: false, isConfirmed: true };
    const entry: Entry = { bd, address, ...nothing, ...calm };
    this.entries.set(key, entry);
    return entry;
  }

  private entriesIn(bd: number): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.bd === bd);
  }
}

function isDue({ wanted, present, isGhost, isBusy, isStale, isUnsure, isElsewhere, isAnew }: Entry): boolean {
  if (isBusy) return false;
  if (wanted === undefined) return present !== undefined && (!isStale || isAnew);
  return !isElsewhere && (isGhost || isUnsure || isAnew || !isSame(wanted, present));
}

function isSame(a: LocalBinding | undefined, b: LocalBinding | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.mac.hi === b.mac.hi && a.mac.lo === b.mac.lo && a.isRouter === b.isRouter;
}
