// Remote VTEPs: those that the intent names, those that the control plane names, and in flood-and-learn domains those
// that speak to us. Their outer headers, the paths that lead to them, and the head-end replication lists.
//
// The control plane names a VTEP once for each MAC, flooding scope, segment or next hop behind it: `hold` and `letGo` count.
// What that changes as a whole is brought to the tables by `settle`, so that n VTEPs that come in one burst are one
// change; a number that is free is given to another VTEP after `sweep` only, when the data path has followed.

import { Family, Limit, RemoteFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { EventSink } from "../events.js";
import { Identities } from "../identity.js";
import type { VtepIntent } from "../intent.js";
import { formatMapped, mappedAddress, mappedWords } from "../mapped_address.js";
import { isIpv4Mapped, type Unsubscribe } from "../netlink/index.js";
import type { Underlay, UnderlayPath } from "../underlay/index.js";
import { FloodLists } from "./flood_lists.js";
import type { NextHops } from "./next_hops.js";
import { RemoteSegments } from "./segments.js";

interface Way {
  readonly underlay: Underlay;
  readonly nextHops: NextHops;
  readonly unsubscribe: Unsubscribe;
}

export class RemoteVteps {
  readonly segments: RemoteSegments;
  private readonly ids = new Identities("VTEP", Limit.MAX_VTEPS);
  private readonly present = new Map<string, number>();
  private intents: ReadonlyMap<string, VtepIntent> = new Map();
  /** VTEPs that nobody names, by address. */
  private readonly discovered = new Set<string>();
  /** How often the control plane names each number. */
  private readonly holds = new Uint32Array(Limit.MAX_VTEPS);
  private readonly idle = new Set<number>();
  private readonly free = new Set<string>();
  private readonly refusals = new Map<string, string>();
  private readonly flood: FloodLists;
  private way: Way | undefined;
  /** VTEPs came or went since the underlay was told. */
  private isOther = false;

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly events: EventSink,
  ) {
    this.flood = new FloodLists(tables, domains);
    this.segments = new RemoteSegments(tables);
  }

  /** Paths come from this underlay from now on. */
  follow(underlay: Underlay, nextHops: NextHops): void {
    this.way?.unsubscribe();
    for (const id of this.present.values()) this.way?.nextHops.forget(id);
    const unsubscribe = underlay.onPath((address, path) => this.lead(address, path));
    this.way = { underlay, nextHops, unsubscribe };
    underlay.setVteps(this.present.keys());
  }

  /** 0 for an address that is not followed. */
  idOf(address: string): number {
    return this.present.get(address) ?? 0;
  }

  /** Null before the kernel was asked, and for a number that no VTEP has. */
  pathOf(vtep: number): UnderlayPath | null {
    return this.way?.underlay.path(this.addressOf(vtep)) ?? null;
  }

  /** "" for a number that no VTEP has. */
  addressOf(vtep: number): string {
    const address = this.tables.vteps.address[vtep];
    return address === undefined ? "" : formatMapped(address);
  }

  /** Every VTEP with the domains that the intent floods to it. */
  *all(): IterableIterator<{
    id: number;
    address: string;
    bridgeDomains: readonly string[];
    path: UnderlayPath | null;
  }> {
    for (const [address, id] of this.present) {
      const bridgeDomains = this.intents.get(address)?.bridgeDomains ?? [];
      yield { id, address, bridgeDomains, path: this.way?.underlay.path(address) ?? null };
    }
  }

  reconcile(intents: ReadonlyMap<string, VtepIntent>): void {
    const gone = [...this.intents.keys()].filter((address) => !intents.has(address));
    this.intents = intents;
    for (const address of gone) this.removeUnlessNamed(address);
    for (const address of intents.keys()) this.add(address, RemoteFlag.KNOWN);
    this.flood.configure(this.configuredFlooding());
    this.settle();
  }

  /** A sender that nobody named, in a domain that learns from tunnels (RFC 7348 §4.1). */
  discover(address: string): void {
    if (this.present.has(address)) return;
    try {
      this.add(address, 0);
    } catch (error) {
      // Senders beyond the table's room are still heard, only not learned from.
      if (!(error instanceof VtepError)) throw error;
      return;
    }
    this.discovered.add(address);
    this.settle();
    this.events("vtep_discovered", { vtep: address });
  }

  /** Forgets discovered VTEPs behind which no MAC is left. */
  forgetIdle(): void {
    for (const address of [...this.discovered]) {
      if (this.tables.fdb.countByVtep[this.idOf(address)] !== 0) continue;
      this.discovered.delete(address);
      this.removeUnlessNamed(address);
    }
    this.settle();
  }

  /**
   * The number of a VTEP that the control plane names, counted once more; 0 for what can be no VTEP of ours, see
   * `problems`. The address as four big-endian words.
   */
  hold(w0: number, w1: number, w2: number, w3: number): number {
    const { vteps } = this.tables;
    const found = vteps.find(w0, w1, w2, w3);
    const id = found !== 0 && vteps.isKnown(found) ? found : this.admit(mappedWords(w0, w1, w2, w3));
    if (id !== 0) this.holds[id]! += 1;
    return id;
  }

  holdAddress(address: string): number {
    const view = new DataView(mappedAddress(address).buffer);
    return this.hold(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
  }

  letGo(vtep: number): void {
    this.holds[vtep]! -= 1;
    if (this.holds[vtep] === 0) this.idle.add(vtep);
  }

  /** Flooded frames of a domain go to a VTEP that the caller holds. */
  joinFlood(domain: string, vtep: number): void {
    this.flood.join(domain, vtep);
  }

  leaveFlood(domain: string, vtep: number): void {
    this.flood.leave(domain, vtep);
  }

  /** Brings what changed since the last time to the tables, and VTEPs that came to the underlay. False where nothing did. */
  settle(): boolean {
    for (const id of this.idle) this.removeUnlessNamed(this.addressOf(id));
    const wasIdle = this.idle.size > 0;
    this.idle.clear();
    const hasChanged = [this.segments.settle(), this.flood.write(), wasIdle, this.isOther].some((is) => is);
    if (this.isOther) this.way?.underlay.setVteps(this.present.keys());
    this.isOther = false;
    return hasChanged;
  }

  /** Numbers that are free may be given out again: call when the data path has followed. */
  sweep(): void {
    for (const address of this.free) this.ids.release(address);
    this.free.clear();
    this.segments.sweep();
  }

  /** What could not be used is tried again when it is named again. */
  forgetRefusals(): void {
    this.refusals.clear();
  }

  /** VTEPs that the control plane names and that cannot be used, with the reason. */
  problems(): string[] {
    return Array.from(this.refusals, ([address, why]) => `VTEP ${address}: ${why}`);
  }

  private admit(bytes: Uint8Array): number {
    const address = formatMapped(bytes);
    const { family, localAddress } = this.tables.settings;
    const isOtherFamily = isIpv4Mapped(bytes) !== (family === Family.IPV4);
    if (isOtherFamily) return this.refuse(address, "its address is of another family than ours");
    if (Buffer.compare(bytes, localAddress) === 0) return this.refuse(address, "it has our own address");
    try {
      this.add(address, RemoteFlag.KNOWN);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      return this.refuse(address, error.message);
    }
    this.refusals.delete(address);
    return this.idOf(address);
  }

  private refuse(address: string, why: string): number {
    this.refusals.set(address, why);
    return 0;
  }

  private add(address: string, flags: number): void {
    const id = this.ids.acquire(address);
    this.free.delete(address);
    if (!this.present.has(address)) this.isOther = true;
    this.present.set(address, id);
    this.discovered.delete(address);
    this.tables.vteps.set(id, mappedAddress(address), flags, this.tables.settings);
  }

  private removeUnlessNamed(address: string): void {
    const id = this.idOf(address);
    if (id === 0 || this.intents.has(address) || this.holds[id] !== 0) return;
    this.present.delete(address);
    this.isOther = true;
    this.way?.nextHops.forget(id);
    this.deleteMacsBehind(id);
    this.tables.vteps.clear(id);
    this.tables.counters.vteps.clear(id);
    this.free.add(address);
  }

  private deleteMacsBehind(vtep: number): void {
    const { fdb } = this.tables;
    if (fdb.countByVtep[vtep] === 0) return;
    for (const { bd, hi, lo } of fdb.behindVtep(vtep)) fdb.delete(bd, hi, lo);
  }

  private lead(address: string, path: UnderlayPath): void {
    const id = this.idOf(address);
    if (id === 0) return;
    const before = this.tables.vteps.group[id]!;
    this.way?.nextHops.lead(id, path);
    const isReachable = this.tables.vteps.group[id] !== 0;
    if (isReachable === (before !== 0)) return;
    this.segments.reachabilityChanged(id);
    if (isReachable) this.events("vtep_reachable", { vtep: address });
    else this.events("vtep_unreachable", { vtep: address, why: path.reason ?? "" });
  }

  private configuredFlooding(): Map<string, number[]> {
    const members = new Map<string, number[]>([...this.domains.all()].map(({ name }) => [name, []]));
    for (const { address, bridgeDomains } of this.intents.values()) {
      for (const name of bridgeDomains) members.get(name)?.push(this.idOf(address));
    }
    return members;
  }
}
