// The bindings that this VTEP looks after: those that its hosts told it, and static ones of its hosts. By the index
// that the neighbour table gave them, and by MAC.

import { FdbKind } from "../../abi/generated.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import type { Mac } from "../../wire/ethernet.js";
import { macKey } from "./sighting.js";

export interface Binding {
  /** In tables.neighbors. */
  readonly index: number;
  readonly bd: number;
  readonly address: Uint8Array;
  /** From the config: it stays, whatever the host does. */
  readonly isStatic: boolean;
  mac: Mac;
  /** Whether the MAC has been at one of our ports, so that its going says something of the host. */
  isPlaced: boolean;
  /** What the host last said of itself (RFC 4861 §4.4, R). */
  isRouter: boolean;
  /** Probes that were not answered yet. */
  probes: number;
  /** When the first of them was sent. */
  probedTick: number;
  /** When to look at it next. */
  dueTick: number;
  /** A static binding whose host does not answer. */
  isSilent: boolean;
}

export class Bindings {
  private readonly byIndex = new Map<number, Binding>();
  private readonly byMac = new Map<string, Set<Binding>>();
  private readonly countByBd = new Map<number, number>();

  constructor(private readonly tables: Tables) {}

  get(index: number): Binding | undefined {
    return this.byIndex.get(index);
  }

  all(): IterableIterator<Binding> {
    return this.byIndex.values();
  }

  /** Learned ones of a domain. */
  countOf(bd: number): number {
    return this.countByBd.get(bd) ?? 0;
  }

  add(index: number, bd: number, address: Uint8Array, mac: Mac, isStatic: boolean): Binding {
    const binding: Binding = {
      ...{ index, bd, address, mac, isStatic, isSilent: false },
      ...{ isPlaced: this.isLocal(bd, mac), isRouter: this.isRouter(index), probes: 0, probedTick: 0, dueTick: 0 },
    };
    this.byIndex.set(index, binding);
    if (!isStatic) this.countByBd.set(bd, this.countOf(bd) + 1);
    this.indexMac(binding);
    return binding;
  }

  move(binding: Binding, mac: Mac): void {
    this.forgetMac(binding);
    binding.mac = mac;
    binding.isPlaced = this.isLocal(binding.bd, mac);
    this.indexMac(binding);
  }

  delete(binding: Binding): void {
    const { bd, isStatic } = binding;
    this.byIndex.delete(binding.index);
    this.forgetMac(binding);
    if (isStatic) return;
    if (this.countOf(bd) <= 1) this.countByBd.delete(bd);
    else this.countByBd.set(bd, this.countOf(bd) - 1);
  }

  ofMac(bd: number, mac: Mac): Iterable<Binding> {
    return this.byMac.get(macKey(bd, mac)) ?? [];
  }

  /** Whether the table says so by now. */
  isRouter(index: number): boolean {
    return (this.tables.neighbors.flagsAt(index) & NeighborFlag.ROUTER) !== 0;
  }

  isLocal(bd: number, mac: Mac): boolean {
    return this.kindOf(bd, mac) === FdbKind.LOCAL;
  }

  isRemote(bd: number, mac: Mac): boolean {
    return this.kindOf(bd, mac) === FdbKind.REMOTE;
  }

  private kindOf(bd: number, { hi, lo }: Mac): number | undefined {
    const { fdb } = this.tables;
    const slot = fdb.find(bd, hi, lo);
    return slot === NOT_FOUND ? undefined : fdb.kindAt(slot);
  }

  private indexMac(binding: Binding): void {
    const key = macKey(binding.bd, binding.mac);
    const others = this.byMac.get(key);
    if (others === undefined) this.byMac.set(key, new Set([binding]));
    else others.add(binding);
  }

  private forgetMac(binding: Binding): void {
    const key = macKey(binding.bd, binding.mac);
    const others = this.byMac.get(key);
    others?.delete(binding);
    if (others?.size === 0) this.byMac.delete(key);
  }
}
