// The bindings that this VTEP looks after: those that its hosts told it, and static ones of its hosts. By the index
// that the neighbour table gave them, and by MAC.

import { FdbKind } from "../../abi/generated.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import type { Mac } from "../../wire/ethernet.js";
import { BindingRoom, type Shortage } from "./binding_room.js";
import { macKey } from "./sighting.js";

/** In place of a port: from the config. */
export const STATIC = "static";

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
  /** Where the host was last heard: a port, or 0 for a tunnel or, of a static one, nowhere. */
  port: number;
}

export class Bindings {
  private readonly byIndex = new Map<number, Binding>();
  private readonly byMac = new Map<string, Set<Binding>>();
  private readonly room: BindingRoom;

  constructor(private readonly tables: Tables) {
    this.room = new BindingRoom(tables);
  }

  get(index: number): Binding | undefined {
    return this.byIndex.get(index);
  }

  all(): IterableIterator<Binding> {
    return this.byIndex.values();
  }

  /** Whether one more may be learned, of `limit` in the domain. */
  shortageOf(bd: number, port: number, limit: number): Shortage | undefined {
    return this.room.shortageOf(bd, port, limit);
  }

  /** `port`: where the host was heard, or STATIC. */
  add(index: number, bd: number, address: Uint8Array, mac: Mac, port: number | typeof STATIC): Binding {
    const isStatic = port === STATIC;
    const binding: Binding = {
      ...{ index, bd, address, mac, isStatic, isSilent: false, port: isStatic ? 0 : port },
      ...{ isPlaced: this.isLocal(bd, mac), isRouter: this.isRouter(index), probes: 0, probedTick: 0, dueTick: 0 },
    };
    this.byIndex.set(index, binding);
    if (!isStatic) this.room.add(bd, binding.port);
    this.indexMac(binding);
    return binding;
  }

  move(binding: Binding, mac: Mac): void {
    this.forgetMac(binding);
    binding.mac = mac;
    binding.isPlaced = this.isLocal(binding.bd, mac);
    this.indexMac(binding);
  }

  /** The host has spoken, perhaps at another port than before. */
  heardAt(binding: Binding, port: number): void {
    if (binding.isStatic || binding.port === port) return;
    this.room.remove(binding.bd, binding.port);
    this.room.add(binding.bd, port);
    binding.port = port;
  }

  delete(binding: Binding): void {
    const { bd, isStatic, port } = binding;
    this.byIndex.delete(binding.index);
    this.forgetMac(binding);
    if (!isStatic) this.room.remove(bd, port);
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
