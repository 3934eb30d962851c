// Bindings of IP addresses to MACs in a bridge domain: what ARP and ND answers are made of, and where routed
// packets for a connected subnet go. TWIN: hosts of kind neighbor in struct vtep_host.

import { Limit } from "../abi/generated.js";
import { AddressTable } from "./address_table.js";

export const NeighborFlag = {
  NONE: 0,
  /** From the config: never aged, never moved by a host. */
  STATIC: 1,
  /** From the control plane. */
  EVPN: 2,
  /** The host is a router (RFC 4861 §4.4, R). */
  ROUTER: 4,
  /** Others may hold the address too, so it is told without O (RFC 4861 §7.2.7, RFC 9047 §2). */
  ANYCAST: 8,
  /** Hosts fought over the address: it stays with this MAC until control ends that (RFC 9161 §3.7). */
  FROZEN: 16,
} as const;

export interface NeighborEntry {
  readonly index: number;
  readonly bd: number;
  readonly address: Uint8Array;
  readonly hi: number;
  readonly lo: number;
  readonly flags: number;
  readonly confirmedTick: number;
}

export class Neighbors {
  private readonly table = new AddressTable(Limit.MAX_HOSTS);
  private hi = new Uint16Array(64);
  private lo = new Int32Array(64);
  private flags = new Uint8Array(64);
  private confirmed = new Uint32Array(64);

  get count(): number {
    return this.table.count;
  }

  /** 0 where no binding is known. */
  find(bd: number, w0: number, w1: number, w2: number, w3: number): number {
    return this.table.find(bd, w0, w1, w2, w3);
  }

  findAddress(bd: number, address: Uint8Array): number {
    return this.table.findAddress(bd, address);
  }

  hiAt(index: number): number {
    return this.hi[index]!;
  }

  loAt(index: number): number {
    return this.lo[index]!;
  }

  flagsAt(index: number): number {
    return this.flags[index]!;
  }

  /** Last time that the host itself said so. */
  confirmedAt(index: number): number {
    return this.confirmed[index]!;
  }

  /** Inserts or replaces; the index, or 0 where the table is full. */
  set(bd: number, address: Uint8Array, hi: number, lo: number, flags: number, tick: number): number {
    const index = this.table.addAddress(bd, address);
    if (index === 0) return 0;
    if (index >= this.hi.length) this.grow();
    this.hi[index] = hi;
    this.lo[index] = lo;
    this.flags[index] = flags;
    this.confirmed[index] = tick;
    return index;
  }

  confirm(index: number, tick: number): void {
    this.confirmed[index] = tick;
  }

  delete(index: number): void {
    this.table.delete(index);
  }

  entryAt(index: number): NeighborEntry {
    const { scope, address } = this.table.keyOf(index);
    const [hi, lo, flags] = [this.hi[index]!, this.lo[index]!, this.flags[index]!];
    return { index, bd: scope, address, hi, lo, flags, confirmedTick: this.confirmed[index]! };
  }

  domainAt(index: number): number {
    return this.table.scopeOf(index);
  }

  /** The table must not change meanwhile. */
  indexes(): IterableIterator<number> {
    return this.table.indexes();
  }

  /** The table must not change meanwhile. */
  *entries(): IterableIterator<NeighborEntry> {
    for (const index of this.table.indexes()) yield this.entryAt(index);
  }

  private grow(): void {
    const size = this.hi.length * 2;
    this.hi = extend(new Uint16Array(size), this.hi);
    this.lo = extend(new Int32Array(size), this.lo);
    this.flags = extend(new Uint8Array(size), this.flags);
    this.confirmed = extend(new Uint32Array(size), this.confirmed);
  }
}

function extend<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
