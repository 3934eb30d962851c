// Forwarding entries of the kernel -> remote MACs. Only what zebra wrote on our VXLAN devices counts: its bridge half has
// EXT_LEARNED or STICKY, and is not permanent. An entry of the same MAC on another port of the bridge is a takeover: the
// host is here now. SPEC: RFC 7432 §7.2, §15.

import { FdbKind } from "../../../abi/generated.js";
import type { Tables } from "../../../tables/tables.js";
import type { BridgeDomainControl } from "../../bridge_domains.js";
import { type ForwardingEntry, NeighborFlag, NeighborState } from "../../netlink/index.js";
import type { RemoteMacs } from "../../remote/macs.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import { Half, MacEntry, MacStore } from "./mac_store.js";
import type { Marks } from "./marks.js";
import type { SegmentMirror } from "./segments.js";
import type { DomainSubject, Subjects } from "./subjects.js";

export interface MacMirrorParts {
  readonly tables: Tables;
  readonly domains: BridgeDomainControl;
  readonly vteps: RemoteVteps;
  readonly macs: RemoteMacs;
  readonly segments: SegmentMirror;
  readonly subjects: Subjects;
  readonly marks: Marks;
  /** Access port of the domain behind an Ethernet segment's interface; 0 = it is none. */
  readonly segmentPort: (ifindex: number, bd: number) => number;
  /** Of a MAC only the bridge's half is there; the other one follows, or the kernel has refused it. */
  readonly halfTold: () => void;
}

export class MacMirror {
  private readonly store = new MacStore();
  private readonly entry = new MacEntry();
  /** MACs of which nothing stands any more, but which a running dump may still name: subject, hi, lo. */
  private readonly ghosts: number[] = [];
  private seenDepartures = 0;
  private missing = 0;
  /** Entries that cannot be used: without a VTEP of ours behind them. */
  unusable = 0;
  /** MACs of EVPN that a static or sticky entry of ours stands before. */
  overruled = 0;

  constructor(private readonly parts: MacMirrorParts) {}

  get count(): number {
    return this.store.count;
  }

  /** A forwarding entry for one MAC, from a notification or a dump. */
  take(heard: ForwardingEntry, removed: boolean, isRead: boolean): void {
    const { subjects } = this.parts;
    const subject = subjects.ofVxlan(heard.ifindex);
    if ((heard.flags & NeighborFlag.self) !== 0) {
      if (subject !== undefined) this.deviceHalf(subject, heard, removed, isRead);
    } else if (subject !== undefined) {
      this.bridgeHalf(subject, heard, !removed && isOfZebra(heard), isRead);
    } else this.elsewhere(heard, removed, isRead);
  }

  /** On another port of the bridge. With a VLAN, on a segment's, it is zebra's: see segmentHalf. */
  private elsewhere(heard: ForwardingEntry, removed: boolean, isRead: boolean): void {
    const subject = this.parts.subjects.ofBridge(heard.master);
    if (subject === undefined) return;
    const port = heard.vlan === 0 ? 0 : this.parts.segmentPort(heard.ifindex, subject.bd);
    if (port !== 0) this.segmentHalf(subject, heard, port, removed, isRead);
    else if (!removed) this.bridgeHalf(subject, heard, false, isRead);
  }

  isSticky(bd: number, hi: number, lo: number): boolean {
    const subject = this.parts.subjects.ofBd(bd);
    if (subject === undefined || !this.store.load(this.entry, subject.number, hi, lo)) return false;
    return this.entry.place !== 0 && this.entry.isSticky;
  }

  /** Domains with MACs that zebra has put behind the tunnel, and the kernel knows not where. */
  halfToldDomains(): Set<string> {
    const numbers = new Set<number>();
    const note = (entry: MacEntry): boolean => {
      if (entry.isOnBridge && (entry.kind === 0 || entry.isAsked)) numbers.add(entry.subject);
      return false;
    };
    this.store.visit(note, () => {});
    return new Set([...numbers].flatMap((number) => this.parts.subjects.domain(number)?.bridgeDomain ?? []));
  }

  /**
   * zebra says that a MAC is behind a VTEP. False where the kernel knows better. Back from a segment of ours, it may be
   * where it was before: of that the kernel does not speak again.
   */
  placeAt(bd: number, hi: number, lo: number, vtep: string): boolean {
    const { entry, parts } = this;
    const subject = parts.subjects.ofBd(bd);
    if (subject === undefined || !this.store.load(entry, subject.number, hi, lo)) return false;
    if (!entry.isOnBridge || entry.kind !== 0) return false;
    entry.target = parts.vteps.holdAddress(vtep);
    if (entry.target === 0) return false;
    entry.kind = FdbKind.REMOTE;
    entry.deviceMark = entry.bridgeMark;
    this.keep(entry, 0);
    return true;
  }

  /** zebra says that a MAC is behind the segment that a next-hop object stands for. False where the kernel knows better. */
  placeBehind(bd: number, hi: number, lo: number, nexthopId: number): boolean {
    const { entry, parts } = this;
    const subject = parts.subjects.ofBd(bd);
    if (subject === undefined || !this.store.load(entry, subject.number, hi, lo)) return false;
    if (!entry.isOnBridge || entry.kind === FdbKind.LOCAL) return false;
    const before = entry.place;
    const { kind, target } = entry;
    const segment = parts.segments.hold(nexthopId);
    if (segment === 0) return false;
    this.letGo(kind, target);
    if (kind === FdbKind.SEGMENT && target === segment) return entry.isAsked;
    entry.kind = FdbKind.SEGMENT;
    entry.target = segment;
    entry.halves |= Half.ASKED;
    entry.deviceMark = entry.bridgeMark;
    this.keep(entry, before);
    return true;
  }

  /** What no dump has confirmed is gone. */
  sweep(): void {
    const { marks } = this.parts;
    const isOld = (entry: MacEntry): boolean => {
      const isBridgeOld = entry.isOnBridge && !marks.isConfirmed(entry.bridgeMark);
      return isBridgeOld || (entry.kind !== 0 && !marks.isConfirmed(entry.deviceMark));
    };
    this.store.visit(isOld, (entry) => {
      const before = entry.place;
      if (!marks.isConfirmed(entry.deviceMark)) this.leaveDevice(entry);
      if (!marks.isConfirmed(entry.bridgeMark)) entry.leaveBridge();
      this.keep(entry, before);
    });
    this.dropGhosts();
  }

  /** The objects are gone, and what the kernel held of them. */
  drop(gone: ReadonlySet<number>): void {
    this.withdrawAll(gone);
    this.store.visit(
      ({ subject }) => gone.has(subject),
      (entry) => {
        this.leaveDevice(entry);
        this.store.delete(entry);
      },
    );
  }

  /** Writes everything known of these subjects to the tables. */
  apply(subjects: ReadonlySet<number>): void {
    this.missing = 0;
    this.store.visit(
      (entry) => subjects.has(entry.subject) && entry.place !== 0,
      (entry) => this.write(entry),
    );
  }

  /** Takes everything of these subjects out of the tables. */
  withdrawAll(subjects: ReadonlySet<number>): void {
    this.store.visit(
      (entry) => subjects.has(entry.subject) && entry.place !== 0,
      ({ subject, hi, lo }) => {
        const bd = this.bdOf(subject);
        if (bd !== 0) this.parts.macs.withdraw(bd, hi, lo);
      },
    );
  }

  /**
   * Before the data path follows the tables: where an entry went that stood before what zebra says, what zebra says
   * comes back; and what found no room is tried again.
   */
  follow(): void {
    const { tables, macs, subjects } = this.parts;
    if (macs.departures !== this.seenDepartures) {
      this.seenDepartures = macs.departures;
      tables.deltas.fdb.forEach((w0, lo) => {
        const subject = subjects.ofBd(w0 >>> 16);
        if (subject === undefined) return;
        if (this.store.load(this.entry, subject.number, w0 & 0xffff, lo) && this.entry.place !== 0) {
          if (tables.fdb.findWords(w0, lo) < 0) this.write(this.entry);
        }
      });
    }
    if (this.missing > 0 && !tables.fdb.full)
      this.apply(new Set(Array.from(subjects.allDomains(), ({ number }) => number)));
  }

  problems(): string[] {
    return this.missing === 0 ? [] : [`the FDB is full: ${this.missing} MACs of EVPN are not in it`];
  }

  private bridgeHalf(subject: DomainSubject, heard: ForwardingEntry, isHere: boolean, isRead: boolean): void {
    const { entry, parts } = this;
    const { marks } = parts;
    const isKnown = this.store.load(entry, subject.number, heard.hi, heard.lo);
    // Of a MAC that nobody knows, only that it is elsewhere: to be remembered while a dump may say otherwise.
    if (!isKnown && !isHere && (isRead || !marks.isRunning)) return;
    if (isRead && marks.isOvertaken(entry.bridgeMark)) return;
    const before = entry.place;
    // It was behind a segment of ours.
    if (isHere && entry.kind === FdbKind.LOCAL) this.leaveDevice(entry);
    const bit = heard.vlan === 0 ? Half.BRIDGE : Half.TAGGED;
    if (!isHere) entry.halves &= ~bit;
    else entry.halves = (entry.halves & ~Half.STICKY) | bit | stickinessOf(heard);
    entry.bridgeMark = isRead ? marks.read : marks.told;
    if (entry.isAsked) entry.deviceMark = entry.bridgeMark;
    if (entry.isAsked && !entry.isOnBridge) this.leaveDevice(entry);
    this.keep(entry, before);
    if (isHere && entry.kind === 0) parts.halfTold();
  }

  /**
   * A MAC behind a segment of ours, whichever VTEP of the segment has seen it (RFC 7432 §8.4): one entry says all. Of a
   * MAC that we announce ourselves it stands beside ours.
   */
  private segmentHalf(
    subject: DomainSubject,
    heard: ForwardingEntry,
    port: number,
    removed: boolean,
    isRead: boolean,
  ): void {
    const { entry, parts } = this;
    const { marks } = parts;
    const isKnown = this.store.load(entry, subject.number, heard.hi, heard.lo);
    if (removed && (!isKnown || entry.kind !== FdbKind.LOCAL)) return;
    if (isRead && marks.isOvertaken(entry.bridgeMark)) return;
    const before = entry.place;
    this.leaveDevice(entry);
    entry.halves = removed ? 0 : Half.TAGGED;
    if (!removed) [entry.kind, entry.target] = [FdbKind.LOCAL, port];
    entry.bridgeMark = entry.deviceMark = isRead ? marks.read : marks.told;
    this.keep(entry, before);
  }

  private deviceHalf(subject: DomainSubject, heard: ForwardingEntry, removed: boolean, isRead: boolean): void {
    // Some kernels tell of each change twice, the second time without saying where.
    if (!heard.hasDestination && heard.nexthopId === 0) return;
    const { entry, parts } = this;
    const { marks } = parts;
    const isKnown = this.store.load(entry, subject.number, heard.hi, heard.lo);
    if (!isKnown && removed && !marks.isRunning) return;
    // What is left of an earlier way through the tunnel.
    if (removed && (entry.kind === FdbKind.LOCAL || entry.isAsked)) return;
    if (isRead && marks.isOvertaken(entry.deviceMark)) return;
    const before = entry.place;
    const { kind, target } = entry;
    if (removed) entry.kind = entry.target = 0;
    else this.lead(entry, heard);
    // The new one is held before the old one is let go, so that one and the same never goes in between.
    this.letGo(kind, target);
    entry.deviceMark = isRead ? marks.read : marks.told;
    this.keep(entry, before);
  }

  private lead(entry: MacEntry, heard: ForwardingEntry): void {
    const { vteps, segments } = this.parts;
    const isSegment = heard.nexthopId !== 0;
    entry.halves &= ~Half.ASKED;
    const { word0, word1, word2, word3 } = heard;
    entry.target = isSegment ? segments.hold(heard.nexthopId) : vteps.hold(word0, word1, word2, word3);
    if (entry.target === 0) this.unusable += 1;
    if (entry.target === 0) entry.kind = 0;
    else entry.kind = isSegment ? FdbKind.SEGMENT : FdbKind.REMOTE;
  }

  private leaveDevice(entry: MacEntry): void {
    this.letGo(entry.kind, entry.target);
    entry.kind = entry.target = 0;
    entry.halves &= ~Half.ASKED;
  }

  private letGo(kind: number, target: number): void {
    if (kind === FdbKind.REMOTE) this.parts.vteps.letGo(target);
    else if (kind === FdbKind.SEGMENT) this.parts.segments.letGo(target);
  }

  private keep(entry: MacEntry, before: number): void {
    if (!entry.isEmpty) this.store.save(entry);
    else if (this.parts.marks.isRunning) {
      this.store.save(entry);
      this.ghosts.push(entry.subject, entry.hi, entry.lo);
    } else this.store.delete(entry);
    if (entry.place !== before) this.write(entry);
  }

  private dropGhosts(): void {
    for (let at = 0; at < this.ghosts.length; at += 3) {
      const isKnown = this.store.load(this.entry, this.ghosts[at]!, this.ghosts[at + 1]!, this.ghosts[at + 2]!);
      if (isKnown && this.entry.isEmpty) this.store.delete(this.entry);
    }
    this.ghosts.length = 0;
  }

  private write(entry: MacEntry): void {
    const bd = this.bdOf(entry.subject);
    if (bd === 0) return;
    if (entry.place === 0) {
      this.parts.macs.withdraw(bd, entry.hi, entry.lo);
      return;
    }
    const outcome = this.parts.macs.learn(bd, entry.hi, entry.lo, entry.kind, entry.target, entry.isSticky);
    if (outcome === "full") this.missing += 1;
    else if (outcome === "kept") this.overruled += 1;
  }

  /** 0 while the domain's number is not the one that the subject was written to: `apply` comes then. */
  private bdOf(number: number): number {
    const subject = this.parts.subjects.domain(number);
    return subject !== undefined && this.parts.domains.idOf(subject.bridgeDomain) === subject.bd ? subject.bd : 0;
  }
}

function isOfZebra({ flags, state }: ForwardingEntry): boolean {
  return (state & NeighborState.permanent) === 0 && (flags & (NeighborFlag.extLearned | NeighborFlag.sticky)) !== 0;
}

function stickinessOf({ flags }: ForwardingEntry): number {
  return (flags & NeighborFlag.sticky) === 0 ? 0 : Half.STICKY;
}
