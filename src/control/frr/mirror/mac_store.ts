// What the kernel holds of each remote MAC, by the hundred thousand: 16 bytes and the gaps of a hash table.
//
// zebra's one write makes two entries. The bridge's says whether the MAC is behind the tunnel at all, and moves when it
// turns up elsewhere; the vxlan device's says behind which VTEP, and may be left over from before. A MAC is remote while
// the first is there, and the second says where (frr: the bridge half is authoritative).

import { FdbKind } from "../../../abi/generated.js";
import { Fdb, NOT_FOUND } from "../../../tables/fdb.js";

/**
 * Bits of an entry: the bridge's half, without and with a VLAN, and its stickiness; and whether zebra was asked for the
 * device's half, which the kernel has refused.
 */
export const Half = { BRIDGE: 1, TAGGED: 2, STICKY: 4, ASKED: 8 } as const;

const ON_BRIDGE = Half.BRIDGE | Half.TAGGED;
/** Of an entry without the device's half; the table's own word for "nowhere". */
const NOWHERE = FdbKind.HELD;

/** Nobody follows the changes of this table. */
const UNFOLLOWED = { fdb: { push: () => {} } };

/** The entry in hand: read, changed, written back. */
export class MacEntry {
  subject = 0;
  hi = 0;
  lo = 0;
  halves = 0;
  /** FdbKind.REMOTE or SEGMENT of the device's half, 0 = there is none; LOCAL: behind a segment of ours. */
  kind = 0;
  target = 0;
  bridgeMark = 0;
  deviceMark = 0;

  get isEmpty(): boolean {
    return this.kind === 0 && (this.halves & ON_BRIDGE) === 0;
  }

  /** Where the MAC is, and how, as one number that differs where that does; 0 = not remote. */
  get place(): number {
    if (this.kind === 0 || (this.halves & ON_BRIDGE) === 0) return 0;
    return this.target * 0x10000 + this.kind * 0x100 + (this.halves & Half.STICKY);
  }

  get isSticky(): boolean {
    return (this.halves & Half.STICKY) !== 0;
  }

  get isOnBridge(): boolean {
    return (this.halves & ON_BRIDGE) !== 0;
  }

  get isAsked(): boolean {
    return (this.halves & Half.ASKED) !== 0;
  }

  leaveBridge(): void {
    this.halves = 0;
  }
}

export class MacStore {
  private readonly table = new Fdb(UNFOLLOWED);

  get count(): number {
    return this.table.count;
  }

  /** Fills `entry` with what is known of its MAC. False where that is nothing. */
  load(entry: MacEntry, subject: number, hi: number, lo: number): boolean {
    entry.subject = subject;
    entry.hi = hi;
    entry.lo = lo;
    const slot = this.table.find(subject, hi, lo);
    if (slot !== NOT_FOUND) this.fill(entry, slot);
    else entry.halves = entry.kind = entry.target = entry.bridgeMark = entry.deviceMark = 0;
    return slot !== NOT_FOUND;
  }

  /** False where there is no room. */
  save(entry: MacEntry): boolean {
    const { subject, hi, lo, halves, kind, target, bridgeMark, deviceMark } = entry;
    const marks = (bridgeMark << 16) | deviceMark;
    return this.table.set(subject, hi, lo, kind === 0 ? NOWHERE : kind, target, halves, marks);
  }

  delete({ subject, hi, lo }: MacEntry): void {
    this.table.delete(subject, hi, lo);
  }

  /** Visits what is selected; `change` may save the entry and delete it. The entry is the same one each time. */
  visit(select: (entry: MacEntry) => boolean, change: (entry: MacEntry) => void): void {
    const entry = new MacEntry();
    const keys: number[] = [];
    this.table.scan(0, Number.MAX_SAFE_INTEGER, (slot) => {
      const { bd, hi, lo } = this.table.entryAt(slot);
      [entry.subject, entry.hi, entry.lo] = [bd, hi, lo];
      this.fill(entry, slot);
      if (select(entry)) keys.push(bd, hi, lo);
    });
    for (let at = 0; at < keys.length; at += 3) {
      if (this.load(entry, keys[at]!, keys[at + 1]!, keys[at + 2]!)) change(entry);
    }
  }

  private fill(entry: MacEntry, slot: number): void {
    const kind = this.table.kindAt(slot);
    const marks = this.table.seenAt(slot);
    entry.halves = this.table.flagsAt(slot);
    entry.kind = kind === NOWHERE ? 0 : kind;
    entry.target = this.table.targetAt(slot);
    entry.bridgeMark = marks >>> 16;
    entry.deviceMark = marks & 0xffff;
  }
}
