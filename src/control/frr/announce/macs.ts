// Keeps the local MACs in the kernel's bridges equal to those that are admitted. It follows the FDB, where admission and
// learning are one step, so a MAC that was refused never gets here. What stands in the kernel is known from our own
// writes and corrected by the kernel's notifications: the last one is right, but it may lag behind our writes, so a
// difference is acted upon only when it has stayed for a while.
//
// A move, seen from here (L: our entry stands; R: zebra's does). zebra decides, by the sequence numbers; what is written
// here says only what was seen here.
//
//   what happens                                 kernel       tables      then
//   a frame from M, unknown                      nothing      local       written: L
//   the same again at another port of ours       L            local       nothing, it is the same bridge port
//   zebra: M is remote                           R (for L)    remote      forgotten, nothing deleted
//   the same, M static or sticky here            R            local       named as a conflict; L again when R goes
//   a frame from M while R                       R            local       L written over R
//   M ages or its port goes, then R              deleted, R   remote      nothing
//   R, then the port goes (R not heard of yet)   R            held        our delete finds no entry at our port: R stays
//   L written when R just came (not heard yet)   L (for R)    local       the mirror sees L take the place of R
//   the same, but the mirror took R for the last L            none        L stands though not wanted: deleted, zebra
//                                                                         falls back to R; the next frame is a new sight
//   M is gone here while L is being written      L            none        deleted as soon as the kernel has answered
//   remote M is sticky                           R            remote      the engine refuses the frame: nothing
//   zebra withdraws M, we want it                nothing      local       L

import { FdbFlag, FdbKind, PortFlag } from "../../../abi/generated.js";
import { FdbDelta } from "../../../tables/delta.js";
import { NOT_FOUND } from "../../../tables/fdb.js";
import type { Tables } from "../../../tables/tables.js";
import type { Mac } from "../../../wire/ethernet.js";
import { Form } from "./forms.js";
import { KeyQueue } from "./key_queue.js";
import { isToAdd, MacLedger, Mark, mayBeThere, presentOf, wantedOf, withPresent, withWanted } from "./mac_ledger.js";
import { MacWriter, type MacWriterParts, macName } from "./mac_writer.js";
import type { Site } from "./site.js";

export interface MacParts extends MacWriterParts {
  readonly tables: Tables;
}

export class MacAnnouncer {
  private readonly ledger = new MacLedger();
  private readonly writer: MacWriter;
  private readonly changed = new FdbDelta();
  private readonly suspects = new KeyQueue();
  private isEnding = false;

  constructor(private readonly parts: MacParts) {
    this.writer = new MacWriter(this.ledger, parts);
  }

  get isIdle(): boolean {
    return this.writer.isIdle;
  }

  /** The local entry came, changed or went; `follow` looks at it. */
  touch(w0: number, w1: number): void {
    this.changed.push(w0, w1);
  }

  follow(): void {
    this.changed.forEach((w0, w1) => {
      this.want(w0, w1);
    });
    this.changed.clear();
    this.writer.pump();
  }

  /** Everything that is local there. */
  wantAll(bds: ReadonlySet<number>): void {
    const { fdb } = this.parts.tables;
    fdb.scan(0, Number.MAX_SAFE_INTEGER, (slot) => {
      if (fdb.kindAt(slot) !== FdbKind.LOCAL || !bds.has(fdb.bdAt(slot))) return;
      const { bd, hi, lo } = fdb.entryAt(slot);
      this.want((bd << 16) | hi, lo);
    });
  }

  /** Everything wanted there is written once more, so that zebra hears of it. */
  writeAgain(site: Site): void {
    this.ledger.forEachIn(site.bd, (w0, w1, value) => {
      if (wantedOf(value) === Form.NONE) return;
      this.ledger.put(w0, w1, value | Mark.UNSURE);
      this.writer.enqueue(site, w0, w1);
    });
    this.writer.pump();
  }

  /** What is to stand on the domain's port now. */
  standingIn(bd: number): Mac[] {
    const macs: Mac[] = [];
    this.ledger.forEachIn(bd, (w0, lo, value) => {
      const isWanted = wantedOf(value) !== Form.NONE && (value & Mark.ELSEWHERE) === 0;
      const isLeft = (value & Mark.STALE) !== 0 && presentOf(value) !== Form.NONE;
      if (isWanted || isLeft) macs.push({ hi: w0 & 0xffff, lo });
    });
    return macs;
  }

  /** From now on nothing is wanted. */
  end(): void {
    this.isEnding = true;
    for (const site of this.parts.sites.all()) {
      this.ledger.forEachIn(site.bd, (w0, w1) => this.wantAt(site, w0, w1, Form.NONE));
      this.endGrace(site);
    }
    this.writer.pump();
  }

  forget(site: Site): void {
    this.writer.forget(site);
    this.ledger.forget(site.bd);
  }

  beginLoad({ bd }: Site): void {
    this.ledger.forEachIn(bd, (w0, w1, value) => {
      // Of what is being written the dump shows the state before or after: it is written once more. So is what zebra has
      // taken, since nobody asks whether zebra's entry still stands.
      const mark = (value & Mark.BUSY) !== 0 ? Mark.UNSURE : mayBeThere(value) ? Mark.UNCONFIRMED : 0;
      this.ledger.put(w0, w1, (value & ~Mark.ELSEWHERE) | mark);
    });
  }

  /** A dump or a notification shows an entry on the site's port. */
  found(site: Site, hi: number, lo: number, form: number): void {
    const w0 = (site.bd << 16) | hi;
    const before = this.ledger.get(w0, lo);
    let value = withPresent(before, form) & ~Mark.ELSEWHERE;
    const isUnknown = !mayBeThere(before) && (value & Mark.BUSY) === 0;
    if (isUnknown && wantedOf(value) === Form.NONE) value |= Mark.STALE;
    this.ledger.put(w0, lo, value);
    if (site.isLoaded && wantedOf(value) !== form) this.suspect(w0, lo);
  }

  gone({ bd }: Site, hi: number, lo: number): void {
    const w0 = (bd << 16) | hi;
    const before = this.ledger.get(w0, lo);
    if (before === 0) return;
    const value = withPresent(before, Form.NONE) & ~Mark.STALE;
    this.ledger.put(w0, lo, value);
    if (wantedOf(value) !== Form.NONE) this.suspect(w0, lo);
  }

  /** zebra has put its entry in the place of ours. */
  taken({ bd }: Site, hi: number, lo: number): void {
    const w0 = (bd << 16) | hi;
    const before = this.ledger.get(w0, lo);
    if (presentOf(before) === Form.NONE) return;
    const wasFixed = presentOf(before) !== Form.DYNAMIC ? Mark.FIXED : 0;
    const value = (withPresent(before, Form.NONE) & ~Mark.STALE) | wasFixed;
    // What was seen here meanwhile, and is not written yet, is newer.
    const isNews = wantedOf(before) !== Form.NONE && isToAdd(before);
    this.ledger.put(w0, lo, isNews ? value : value | Mark.ELSEWHERE);
    if (!isNews) this.suspect(w0, lo);
  }

  /** zebra's entry has gone. */
  freed(site: Site, hi: number, lo: number): void {
    const w0 = (site.bd << 16) | hi;
    const before = this.ledger.get(w0, lo);
    if ((before & (Mark.ELSEWHERE | Mark.FIXED)) === 0) return;
    this.ledger.put(w0, lo, before & ~(Mark.ELSEWHERE | Mark.FIXED));
    this.parts.refusals.clearConflict(site.bd, macName(w0, lo));
    this.writer.enqueue(site, w0, lo);
    this.writer.pump();
  }

  endLoad(site: Site): void {
    this.ledger.forEachIn(site.bd, (w0, w1, value) => {
      if ((value & Mark.UNCONFIRMED) !== 0)
        this.ledger.put(w0, w1, withPresent(value, Form.NONE) & ~(Mark.STALE | Mark.OURS));
      this.writer.enqueue(site, w0, w1);
    });
    if (!site.isInGrace) this.endGrace(site);
    this.writer.pump();
  }

  /** What was left standing goes, unless it was learned again. */
  endGrace(site: Site): void {
    if (this.ledger.staleOf(site.bd) === 0) return;
    this.ledger.forEachIn(site.bd, (w0, w1, value) => {
      if ((value & Mark.STALE) === 0) return;
      this.ledger.put(w0, w1, value & ~Mark.STALE);
      this.writer.enqueue(site, w0, w1);
    });
    this.writer.pump();
  }

  /** Differences that have stayed are real. */
  settle(): void {
    this.writer.retry();
    this.suspects.drain((w0, w1) => {
      const value = this.ledger.get(w0, w1) & ~(Mark.SUSPECT | Mark.STALE);
      const site = this.parts.sites.get(w0 >>> 16);
      this.ledger.put(w0, w1, value);
      if (site === undefined) return;
      const isConflict = wantedOf(value) !== Form.NONE && (value & Mark.ELSEWHERE) !== 0;
      if (isConflict) this.parts.refusals.addConflict(site.bd, macName(w0, w1));
      this.writer.enqueue(site, w0, w1);
    });
    this.writer.pump();
  }

  /** `w0` with the number of the domain. */
  private want(w0: number, w1: number): void {
    const sites = this.parts.sites.ofDomain(w0 >>> 16);
    if (sites.length === 0) return;
    const form = this.isEnding ? Form.NONE : this.formOf(w0, w1);
    const segment = form === Form.NONE || sites.length === 1 ? 0 : this.segmentOf(w0, w1, sites);
    for (const site of sites) {
      const isHere = form !== Form.NONE && site.segment === segment;
      this.wantAt(site, (site.bd << 16) | (w0 & 0xffff), w1, isHere ? formAt(site, form) : Form.NONE);
    }
  }

  /** `w0` with the number of the site. */
  private wantAt(site: Site, w0: number, w1: number, form: number): void {
    if (form === Form.NONE && this.ledger.get(w0, w1) === 0) return;
    let value = withWanted(this.ledger.get(w0, w1), form) & ~Mark.ELSEWHERE;
    if (form === Form.NONE) this.writer.clearRefusal(site, w0, w1);
    else value &= ~Mark.STALE;
    this.ledger.put(w0, w1, value);
    const isNew = form !== Form.NONE && presentOf(value) === Form.NONE;
    // Whose port the MACs of an earlier life were at is not known: with a new one, a limit might be exceeded.
    const isLimited = () => this.isAtLimitedPort((site.domain << 16) | (w0 & 0xffff), w1);
    if (isNew && this.ledger.staleOf(site.bd) > 0 && isLimited()) this.endGrace(site);
    this.writer.enqueue(site, w0, w1);
  }

  /** NONE for what is not to be announced: what is not local, is behind a port that is down, or is ours on every VTEP. */
  private formOf(w0: number, w1: number): number {
    const { fdb, ports, bridgeDomains, probeHi, probeLo } = this.parts.tables;
    const slot = fdb.findWords(w0, w1);
    if (slot === NOT_FOUND || fdb.kindAt(slot) !== FdbKind.LOCAL) return Form.NONE;
    // zebra's own word: seen by another VTEP of the segment.
    if ((fdb.flagsAt(slot) & FdbFlag.EVPN) !== 0) return Form.NONE;
    if ((ports.flags[fdb.targetAt(slot)]! & PortFlag.ENABLED) === 0) return Form.NONE;
    const hi = w0 & 0xffff;
    if (bridgeDomains.isGatewayMac(w0 >>> 16, hi, w1) || (w1 === probeLo && hi === probeHi)) return Form.NONE;
    const flags = fdb.flagsAt(slot);
    if ((flags & FdbFlag.STICKY) !== 0) return Form.STICKY;
    return (flags & FdbFlag.STATIC) !== 0 ? Form.STATIC : Form.DYNAMIC;
  }

  /** The one that has a site of its own; 0 = the domain's site is for it. */
  private segmentOf(w0: number, w1: number, sites: readonly Site[]): number {
    const { fdb, ports } = this.parts.tables;
    const segment = ports.segment[fdb.targetAt(fdb.findWords(w0, w1))]!;
    return sites.some((site) => site.segment === segment) ? segment : 0;
  }

  private isAtLimitedPort(w0: number, w1: number): boolean {
    const { fdb, ports } = this.parts.tables;
    const slot = fdb.findWords(w0, w1);
    return slot !== NOT_FOUND && ports.macLimit[fdb.targetAt(slot)] !== 0;
  }

  private suspect(w0: number, w1: number): void {
    const value = this.ledger.get(w0, w1);
    if ((value & Mark.SUSPECT) !== 0) return;
    this.ledger.put(w0, w1, value | Mark.SUSPECT);
    this.suspects.push(w0, w1);
    this.parts.later();
  }
}

/**
 * A MAC that zebra has heard of from another VTEP of the segment stands there as one that is not used; only a write
 * without extern_learn says that it is, and only a static one is let stand.
 */
function formAt({ segment }: Site, form: number): number {
  return segment !== 0 && form === Form.DYNAMIC ? Form.STATIC : form;
}
