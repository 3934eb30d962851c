// Head-end replication lists: the VTEPs that the config names for a domain, and those that the control plane does.

import type { Tables } from "../../tables/tables.js";
import type { BridgeDomainControl } from "../bridge_domains.js";

export class FloodLists {
  /** VTEP numbers by name of the domain. */
  private configured: ReadonlyMap<string, readonly number[]> = new Map();
  private readonly learned = new Map<string, Set<number>>();
  private readonly changed = new Set<string>();

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
  ) {}

  /** Every list is written anew: a domain may have come back under its old name. */
  configure(members: ReadonlyMap<string, readonly number[]>): void {
    this.configured = members;
    for (const { name } of this.domains.all()) this.changed.add(name);
  }

  join(domain: string, vtep: number): void {
    const members = this.learned.get(domain) ?? new Set();
    this.learned.set(domain, members.add(vtep));
    this.changed.add(domain);
  }

  leave(domain: string, vtep: number): void {
    const members = this.learned.get(domain);
    if (members?.delete(vtep) !== true) return;
    if (members.size === 0) this.learned.delete(domain);
    this.changed.add(domain);
  }

  /** False where nothing has changed. */
  write(): boolean {
    const hasChanged = this.changed.size > 0;
    for (const name of this.changed) {
      const bd = this.domains.idOf(name);
      if (bd !== 0) this.tables.bridgeDomains.setFloodVteps(bd, this.membersOf(name));
    }
    this.changed.clear();
    return hasChanged;
  }

  private membersOf(domain: string): number[] {
    const members = new Set([...(this.configured.get(domain) ?? []), ...(this.learned.get(domain) ?? [])]);
    return [...members].sort((a, b) => a - b);
  }
}
