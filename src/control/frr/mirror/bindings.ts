// Neighbour entries on the bridges of domains -> bindings of hosts behind other VTEPs (RFC 7432 §10). An entry of the
// same address that is not zebra's means that the host is here.

import { AddressTable } from "../../../tables/address_table.js";
import { NeighborFlag } from "../../../tables/neighbor.js";
import type { Mac } from "../../../wire/ethernet.js";
import type { BridgeDomainControl } from "../../bridge_domains.js";
import { mappedBytes } from "../../mapped_address.js";
import { type NeighborMessage, NeighborFlag as Ntf } from "../../netlink/index.js";
import type { Marks } from "./marks.js";
import { macFromZebra } from "./neighbor_of_zebra.js";
import type { DomainSubject, Subjects } from "./subjects.js";

/** Where they go; see NeighborKeeper. */
export interface RemoteBindingSink {
  setRemote(bd: number, address: Uint8Array, mac: Mac, flags: number): void;
  deleteRemote(bd: number, address: Uint8Array): void;
}

const CAPACITY = 0x100000;
const Is = { PRESENT: 1, ROUTER: 2 } as const;

export class BindingMirror {
  private readonly keys = new AddressTable(CAPACITY);
  private hi = new Uint16Array(64);
  private lo = new Int32Array(64);
  private is = new Uint8Array(64);
  private marked = new Uint16Array(64);
  /** Indexes of bindings that are gone, but that a running dump may still name. */
  private readonly ghosts: number[] = [];

  constructor(
    private readonly sink: RemoteBindingSink,
    private readonly domains: BridgeDomainControl,
    private readonly subjects: Subjects,
    private readonly marks: Marks,
  ) {}

  get count(): number {
    return this.keys.count;
  }

  take(subject: DomainSubject, neighbor: NeighborMessage, removed: boolean, isRead: boolean): void {
    if (neighbor.destination === null) return;
    const address = mappedBytes(neighbor.destination);
    const mac = removed ? null : macFromZebra(neighbor);
    const known = this.keys.findAddress(subject.number, address);
    if (known === 0 && mac === null && (isRead || !this.marks.isRunning)) return;
    if (isRead && known !== 0 && this.marks.isOvertaken(this.marked[known]!)) return;
    const index = known !== 0 ? known : this.add(subject.number, address);
    if (index === 0) return;
    this.marked[index] = isRead ? this.marks.read : this.marks.told;
    if (mac === null) this.remove(index);
    else this.set(index, mac, (neighbor.flags & Ntf.router) !== 0);
  }

  sweep(): void {
    for (const index of [...this.keys.indexes()]) if (!this.marks.isConfirmed(this.marked[index]!)) this.remove(index);
    for (const index of this.ghosts) if (this.is[index] === 0) this.keys.delete(index);
    this.ghosts.length = 0;
  }

  /** The domain's objects are gone, and what the kernel held of them. */
  drop(gone: ReadonlySet<number>): void {
    for (const index of this.indexesOf(gone)) {
      this.remove(index);
      if (this.marks.isRunning) this.keys.delete(index);
    }
  }

  apply(subjects: ReadonlySet<number>): void {
    for (const index of this.indexesOf(subjects)) this.write(index);
  }

  withdrawAll(subjects: ReadonlySet<number>): void {
    for (const index of this.indexesOf(subjects)) {
      const bd = this.bdOf(index);
      if (bd !== 0) this.sink.deleteRemote(bd, this.keys.keyOf(index).address);
    }
  }

  private indexesOf(subjects: ReadonlySet<number>): number[] {
    return [...this.keys.indexes()].filter((index) => subjects.has(this.keys.scopeOf(index)));
  }

  private add(subject: number, address: Uint8Array): number {
    const index = this.keys.addAddress(subject, address);
    if (index >= this.is.length) this.grow();
    this.is[index] = 0;
    return index;
  }

  private set(index: number, mac: Uint8Array, isRouter: boolean): void {
    const view = new DataView(mac.buffer, mac.byteOffset);
    const [hi, lo, is] = [view.getUint16(0), view.getInt32(2), Is.PRESENT | (isRouter ? Is.ROUTER : 0)];
    if (this.is[index] === is && this.hi[index] === hi && this.lo[index] === lo) return;
    this.hi[index] = hi;
    this.lo[index] = lo;
    this.is[index] = is;
    this.write(index);
  }

  private remove(index: number): void {
    const wasPresent = this.is[index] !== 0;
    this.is[index] = 0;
    if (wasPresent) this.write(index);
    if (this.marks.isRunning) this.ghosts.push(index);
    else this.keys.delete(index);
  }

  private write(index: number): void {
    const bd = this.bdOf(index);
    if (bd === 0) return;
    const { address } = this.keys.keyOf(index);
    const is = this.is[index]!;
    if (is === 0) {
      this.sink.deleteRemote(bd, address);
      return;
    }
    const flags = (is & Is.ROUTER) === 0 ? NeighborFlag.NONE : NeighborFlag.ROUTER;
    this.sink.setRemote(bd, address, { hi: this.hi[index]!, lo: this.lo[index]! }, flags);
  }

  private bdOf(index: number): number {
    const subject = this.subjects.domain(this.keys.scopeOf(index));
    return subject !== undefined && this.domains.idOf(subject.bridgeDomain) === subject.bd ? subject.bd : 0;
  }

  private grow(): void {
    const size = this.is.length * 2;
    const { hi, lo, is, marked } = this;
    this.hi = new Uint16Array(size);
    this.lo = new Int32Array(size);
    this.is = new Uint8Array(size);
    this.marked = new Uint16Array(size);
    this.hi.set(hi);
    this.lo.set(lo);
    this.is.set(is);
    this.marked.set(marked);
  }
}
