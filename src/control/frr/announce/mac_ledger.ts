// What is wanted of each local MAC and what stands in the kernel, in one integer per MAC. Counts the MACs that stand
// there though they are not wanted: until there are none in a domain, nothing may be added, or for a moment more would
// be announced than was ever admitted.

import { Fdb } from "../../../tables/fdb.js";
import { Form } from "./forms.js";
import { MAX_SITES } from "./site.js";

const FORM_BITS = 0x3;
const PRESENT_SHIFT = 2;

export const Mark = {
  QUEUED_ADD: 0x10,
  QUEUED_DELETE: 0x20,
  /** A write is under way. */
  BUSY: 0x40,
  /** Not wanted, but left standing for a while: another life of ours wrote it, or it is not known who. */
  STALE: 0x80,
  /** The kernel's answer was no, or lost: it is written again, whatever is thought to stand there. */
  UNSURE: 0x100,
  /** zebra has put a remote entry in its place. */
  ELSEWHERE: 0x200,
  /** zebra's entry may have kept the static or sticky flag of ours. */
  FIXED: 0x400,
  /** Looked at again when things have settled. */
  SUSPECT: 0x800,
  /** A dump is under way that has not shown it yet. */
  UNCONFIRMED: 0x1000,
  /**
   * Our last write put it there, and we have not deleted it since. Whatever notifications say, which may be older than
   * that write, it is deleted when it is not wanted any more.
   */
  OURS: 0x2000,
} as const;

/** Reasons to remember a MAC that is neither wanted nor there. */
const REMEMBERED = Mark.QUEUED_ADD | Mark.QUEUED_DELETE | Mark.BUSY | Mark.FIXED | Mark.SUSPECT | Mark.OURS;
/** The table has its own meaning for the kinds 1 to 3. */
const KIND = 0xff;

export function wantedOf(value: number): number {
  return value & FORM_BITS;
}

export function presentOf(value: number): number {
  return (value >>> PRESENT_SHIFT) & FORM_BITS;
}

export function withWanted(value: number, form: number): number {
  return (value & ~FORM_BITS) | form;
}

/** As something else than a dump has shown. */
export function withPresent(value: number, form: number): number {
  return (value & ~((FORM_BITS << PRESENT_SHIFT) | Mark.UNCONFIRMED)) | (form << PRESENT_SHIFT);
}

export function isToDelete(value: number): boolean {
  return wantedOf(value) === Form.NONE && mayBeThere(value) && (value & Mark.STALE) === 0;
}

export function isToAdd(value: number): boolean {
  const wanted = wantedOf(value);
  if (wanted === Form.NONE || (value & Mark.ELSEWHERE) !== 0) return false;
  return wanted !== presentOf(value) || (value & Mark.UNSURE) !== 0;
}

export function mayBeThere(value: number): boolean {
  return presentOf(value) !== Form.NONE || (value & Mark.OURS) !== 0;
}

function isSurplus(value: number): boolean {
  const isThere = mayBeThere(value) || (value & Mark.BUSY) !== 0;
  return isThere && wantedOf(value) === Form.NONE && (value & Mark.STALE) === 0;
}

export class MacLedger {
  private readonly fdb = new Fdb({ fdb: { push: () => {} } }, Number.POSITIVE_INFINITY);
  private readonly surplus = new Uint32Array(MAX_SITES);
  private readonly stale = new Uint32Array(MAX_SITES);

  /** 0 where nothing is known of it. */
  get(w0: number, w1: number): number {
    const slot = this.fdb.findWords(w0, w1);
    return slot < 0 ? 0 : this.fdb.targetAt(slot);
  }

  put(w0: number, w1: number, value: number): void {
    const before = this.get(w0, w1);
    if (before === value) return;
    this.count(w0 >>> 16, before, -1);
    this.count(w0 >>> 16, value, 1);
    const isIdle = wantedOf(value) === Form.NONE && presentOf(value) === Form.NONE && (value & REMEMBERED) === 0;
    if (isIdle) this.fdb.delete(w0 >>> 16, w0 & 0xffff, w1);
    else this.fdb.set(w0 >>> 16, w0 & 0xffff, w1, KIND, value, 0, 0);
  }

  surplusOf(bd: number): number {
    return this.surplus[bd]!;
  }

  staleOf(bd: number): number {
    return this.stale[bd]!;
  }

  /** The visitor may change the ledger. */
  forEachIn(bd: number, visit: (w0: number, w1: number, value: number) => void): void {
    if (this.fdb.countByBd[bd] === 0) return;
    const found: number[] = [];
    this.fdb.scan(0, Number.MAX_SAFE_INTEGER, (slot) => {
      if (this.fdb.bdAt(slot) !== bd) return;
      const { hi, lo } = this.fdb.entryAt(slot);
      found.push((bd << 16) | hi, lo);
    });
    for (let at = 0; at < found.length; at += 2)
      visit(found[at]!, found[at + 1]!, this.get(found[at]!, found[at + 1]!));
  }

  /** The domain's objects are gone, and everything on them. */
  forget(bd: number): void {
    this.forEachIn(bd, (w0, w1) => this.put(w0, w1, 0));
  }

  private count(bd: number, value: number, step: number): void {
    if (isSurplus(value)) this.surplus[bd]! += step;
    const isLeft = (value & Mark.STALE) !== 0 && presentOf(value) !== Form.NONE;
    if (isLeft) this.stale[bd]! += step;
  }
}
