// Remote VTEPs: those that the intent names, and in flood-and-learn domains those that speak to us.
// Their outer headers, the paths that lead to them, and the head-end replication lists.

import { Limit, RemoteFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { EventSink } from "../events.js";
import { Identities } from "../identity.js";
import type { VtepIntent } from "../intent.js";
import { mappedAddress } from "../mapped_address.js";
import type { Underlay, UnderlayPath } from "../underlay/index.js";
import type { NextHops } from "./next_hops.js";

export class RemoteVteps {
  private readonly ids = new Identities("VTEP", Limit.MAX_VTEPS);
  private intents: ReadonlyMap<string, VtepIntent> = new Map();
  /** VTEPs that no intent names, by address. */
  private readonly discovered = new Set<string>();

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly nextHops: NextHops,
    private readonly underlay: Underlay,
    private readonly events: EventSink,
  ) {
    underlay.onPath((address, path) => this.lead(address, path));
  }

  /** 0 for an address that is not followed. */
  idOf(address: string): number {
    return this.ids.get(address) ?? 0;
  }

  /** Null before the kernel was asked, and for a number that no VTEP has. */
  pathOf(vtep: number): UnderlayPath | null {
    return this.underlay.path(this.addressOf(vtep));
  }

  addressOf(vtep: number): string {
    return this.ids.nameOf(vtep) ?? "";
  }

  /** Every VTEP with the domains that flood to it. */
  *all(): IterableIterator<{
    id: number;
    address: string;
    bridgeDomains: readonly string[];
    path: UnderlayPath | null;
  }> {
    for (const [address, id] of this.ids.entries()) {
      const bridgeDomains = this.intents.get(address)?.bridgeDomains ?? [];
      yield { id, address, bridgeDomains, path: this.underlay.path(address) };
    }
  }

  reconcile(intents: ReadonlyMap<string, VtepIntent>): void {
    const gone = [...this.intents.keys()].filter((address) => !intents.has(address));
    this.intents = intents;
    for (const address of gone) this.remove(address);
    for (const address of intents.keys()) {
      this.discovered.delete(address);
      this.add(address, RemoteFlag.KNOWN);
    }
    this.underlay.setVteps([...this.ids.entries()].map(([address]) => address));
    this.writeFloodLists();
  }

  /** A sender that nobody named, in a domain that learns from tunnels (RFC 7348 §4.1). */
  discover(address: string): void {
    if (this.ids.get(address) !== undefined) return;
    try {
      this.add(address, 0);
    } catch (error) {
      // Senders beyond the table's room are still heard, only not learned from.
      if (!(error instanceof VtepError)) throw error;
      return;
    }
    this.discovered.add(address);
    this.underlay.setVteps([...this.ids.entries()].map(([known]) => known));
    this.events("vtep_discovered", { vtep: address });
  }

  /** Forgets discovered VTEPs behind which no MAC is left. */
  forgetIdle(): void {
    const idle = [...this.discovered].filter((address) => this.tables.fdb.countByVtep[this.idOf(address)] === 0);
    for (const address of idle) this.remove(address);
    if (idle.length > 0) this.underlay.setVteps([...this.ids.entries()].map(([address]) => address));
  }

  private add(address: string, flags: number): void {
    const id = this.ids.acquire(address);
    this.tables.vteps.set(id, mappedAddress(address), flags, this.tables.settings);
  }

  private remove(address: string): void {
    const id = this.idOf(address);
    this.discovered.delete(address);
    this.nextHops.forget(id);
    this.deleteMacsBehind(id);
    this.tables.vteps.clear(id);
    this.tables.counters.vteps.clear(id);
    this.ids.release(address);
  }

  private deleteMacsBehind(vtep: number): void {
    const { fdb } = this.tables;
    if (fdb.countByVtep[vtep] === 0) return;
    for (const { bd, hi, lo } of fdb.behindVtep(vtep)) fdb.delete(bd, hi, lo);
  }

  private lead(address: string, path: UnderlayPath): void {
    const id = this.ids.get(address);
    if (id === undefined) return;
    const before = this.tables.vteps.group[id]!;
    this.nextHops.lead(id, path);
    const isReachable = this.tables.vteps.group[id] !== 0;
    if (isReachable === (before !== 0)) return;
    if (isReachable) this.events("vtep_reachable", { vtep: address });
    else this.events("vtep_unreachable", { vtep: address, why: path.reason ?? "" });
  }

  private writeFloodLists(): void {
    const members = new Map<string, number[]>([...this.domains.all()].map(({ name }) => [name, []]));
    for (const { address, bridgeDomains } of this.intents.values()) {
      for (const name of bridgeDomains) members.get(name)?.push(this.idOf(address));
    }
    for (const [name, vteps] of members) this.tables.bridgeDomains.setFloodVteps(this.domains.idOf(name), vteps);
  }
}
