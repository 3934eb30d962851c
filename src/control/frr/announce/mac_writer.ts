// Writes what the ledger says is due, in this order: what is not wanted is deleted, and only when the kernel has
// confirmed that is anything added. So at no instant do more MACs stand there than were admitted at once. One write per
// MAC at a time; what changed meanwhile is seen when it ends.

import type { VtepError } from "../../../wire/error.js";
import { formatMac } from "../../../wire/ethernet.js";
import { refusedWith } from "../../netlink/index.js";
import { Form, macMessages, macMessagesAnew, macWithdrawal } from "./forms.js";
import { KeyQueue } from "./key_queue.js";
import { isToAdd, isToDelete, type MacLedger, Mark, presentOf, wantedOf, withPresent } from "./mac_ledger.js";
import type { Refusals } from "./refusals.js";
import type { Site, Sites } from "./site.js";
import { Writes } from "./writes.js";

const MAX_OUTSTANDING = 48;
/** The entry cannot be there: it is gone, or its port, or the port has left the bridge. */
const GONE: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENODEV", "EOPNOTSUPP"]);

export interface MacWriterParts {
  readonly sites: Sites;
  readonly refusals: Refusals;
  /** Whether zebra has a sticky remote entry for it: written over, that would be lost to the kernel for good. */
  readonly isStickyElsewhere: (bd: number, hi: number, lo: number) => boolean;
  /** Calls `retry` and MacAnnouncer.settle after a while. */
  readonly later: () => void;
  /** A write has ended. */
  readonly wrote: () => void;
}

export class MacWriter {
  private readonly writes = new Writes(MAX_OUTSTANDING);
  private readonly refused = new KeyQueue();
  /** With something in their queues. */
  private readonly pending = new Set<Site>();

  constructor(
    private readonly ledger: MacLedger,
    private readonly parts: MacWriterParts,
  ) {}

  get isIdle(): boolean {
    return this.writes.isIdle && this.pending.size === 0;
  }

  forget(site: Site): void {
    this.pending.delete(site);
  }

  /** Remembers what is due for a MAC; `pump` does it. */
  enqueue(site: Site, w0: number, w1: number): void {
    const value = this.ledger.get(w0, w1);
    if ((value & Mark.BUSY) !== 0) return;
    if (isToDelete(value) && (value & Mark.QUEUED_DELETE) === 0) {
      site.deletes.push(w0, w1);
      this.ledger.put(w0, w1, value | Mark.QUEUED_DELETE);
    } else if (isToAdd(value) && (value & Mark.QUEUED_ADD) === 0) {
      site.adds.push(w0, w1);
      this.ledger.put(w0, w1, value | Mark.QUEUED_ADD);
    } else return;
    this.pending.add(site);
  }

  pump(): void {
    for (const site of this.pending) {
      if (!site.isLoaded) continue;
      while (this.writes.hasRoom && site.deletes.shift((w0, w1) => this.delete(site, w0, w1)));
      const mayAdd = () => this.ledger.surplusOf(site.bd) === 0 && this.writes.hasRoom;
      while (mayAdd() && site.adds.shift((w0, w1) => this.add(site, w0, w1)));
      if (site.deletes.isEmpty && site.adds.isEmpty) this.pending.delete(site);
      if (!this.writes.hasRoom) return;
    }
  }

  retry(): void {
    this.refused.drain((w0, w1) => {
      const site = this.parts.sites.get(w0 >>> 16);
      if (site !== undefined) this.enqueue(site, w0, w1);
    });
    this.pump();
  }

  clearRefusal(site: Site, w0: number, w1: number): void {
    const { refusals } = this.parts;
    if (!refusals.isEmpty) refusals.delete(site.bd, macName(w0, w1));
  }

  private delete(site: Site, w0: number, w1: number): void {
    const value = this.ledger.get(w0, w1) & ~Mark.QUEUED_DELETE;
    const isDue = isToDelete(value) && (value & Mark.BUSY) === 0;
    const deleted = (withPresent(value, Form.NONE) & ~(Mark.UNSURE | Mark.OURS)) | Mark.BUSY;
    this.ledger.put(w0, w1, isDue ? deleted : value);
    if (!isDue) return;
    const message = macWithdrawal(site.objects.port, w0 & 0xffff, w1);
    this.writes.send(site.place, [message], (error) => {
      const isGone = error === undefined || GONE.has(refusedWith(error));
      // What may still be there is deleted again, or written; else notifications that say otherwise were older.
      this.written(site, w0, w1, isGone ? undefined : error, (after) => {
        return isGone ? withPresent(after, Form.NONE) : after | Mark.OURS | Mark.UNSURE;
      });
    });
  }

  private add(site: Site, w0: number, w1: number): void {
    const value = this.ledger.get(w0, w1) & ~Mark.QUEUED_ADD;
    const isDue = isToAdd(value) && (value & Mark.BUSY) === 0;
    const [hi, form] = [w0 & 0xffff, wantedOf(value)];
    const isSticky = isDue && this.parts.isStickyElsewhere(site.domain, hi, w1);
    const send = isDue && !isSticky;
    const written = (withPresent(value, form) & ~(Mark.UNSURE | Mark.FIXED)) | Mark.OURS;
    this.ledger.put(w0, w1, send ? written | Mark.BUSY : value);
    if (isSticky) this.refuse(site, w0, w1, "it is sticky at another VTEP");
    if (!send) return;
    const wasFixed = (value & Mark.FIXED) !== 0 || presentOf(value) > Form.DYNAMIC;
    const { port } = site.objects;
    const isUnsure = (value & Mark.UNSURE) !== 0;
    const messages = isUnsure ? macMessagesAnew(port, hi, w1, form) : macMessages(port, hi, w1, form, wasFixed);
    this.writes.send(site.place, messages, (error) => {
      this.written(site, w0, w1, error, (after) => (error === undefined ? after : after | Mark.UNSURE));
    });
  }

  private written(
    site: Site,
    w0: number,
    w1: number,
    error: VtepError | undefined,
    corrected: (value: number) => number,
  ): void {
    if (this.parts.sites.get(site.bd) === site) {
      this.ledger.put(w0, w1, corrected(this.ledger.get(w0, w1) & ~Mark.BUSY));
      if (error !== undefined) this.refuse(site, w0, w1, error.message);
      else {
        this.clearRefusal(site, w0, w1);
        this.enqueue(site, w0, w1);
      }
    }
    this.pump();
    this.parts.wrote();
  }

  private refuse(site: Site, w0: number, w1: number, why: string): void {
    this.parts.refusals.add(site.bd, macName(w0, w1), why);
    this.refused.push(w0, w1);
    this.parts.later();
  }
}

export function macName(w0: number, w1: number): string {
  return formatMac(w0 & 0xffff, w1);
}
