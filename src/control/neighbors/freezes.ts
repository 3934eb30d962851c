// Addresses that hosts fought over: their bindings are frozen, and the operator hears of it. SPEC: RFC 9161 §3.7.

import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import { formatMac, type Mac } from "../../wire/ethernet.js";
import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import type { BindingPolicy } from "../intent.js";
import { formatMapped } from "../mapped_address.js";
import type { Binding } from "./bindings.js";
import { Duplicates } from "./duplicates.js";

export interface FreezesParts {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly nameOf: (bd: number) => string;
  readonly policyOf: (bd: number) => BindingPolicy | undefined;
  /** The address may move again. */
  readonly thawed: (bd: number, address: Uint8Array) => void;
}

export class Freezes {
  private readonly duplicates: Duplicates;

  constructor(private readonly parts: FreezesParts) {
    this.duplicates = new Duplicates(parts.clock, (bd, address) => this.thaw(bd, address));
  }

  /** The address has been claimed for another MAC: once too often, and its binding stays as it is. */
  moved(binding: Binding, mac: Mac): void {
    const { bd, address } = binding;
    const policy = this.parts.policyOf(bd);
    if (policy === undefined || !this.duplicates.moved(bd, address, policy)) return;
    this.freeze(binding);
    const alarm = { mac: formatMac(mac.hi, mac.lo), moves: policy.duplicateMoves, seconds: policy.duplicateSeconds };
    this.parts.events("duplicate_address", { ...this.namesOf(bd, address), ...alarm });
  }

  /** A new binding of an address that is still frozen is so too. */
  follow(binding: Binding): void {
    if (this.isFrozen(binding)) this.freeze(binding);
  }

  isFrozen({ bd, address }: Binding): boolean {
    return this.duplicates.isFrozen(bd, address);
  }

  /** By hand. Returns how many. */
  clear(isMeant: (bd: number) => boolean): number {
    return this.duplicates.clear(isMeant);
  }

  problems(): string[] {
    return Array.from(this.duplicates.frozen(), ({ bd, address }) => {
      const what = `IP address ${formatMapped(address)} in bridge domain ${this.parts.nameOf(bd)}`;
      return `${what} is claimed by several hosts, and frozen`;
    });
  }

  dropDomain(bd: number): void {
    this.duplicates.dropDomain(bd);
  }

  close(): void {
    this.duplicates.close();
  }

  private freeze({ index }: Binding): void {
    this.setFlags(index, this.parts.tables.neighbors.flagsAt(index) | NeighborFlag.FROZEN);
  }

  private thaw(bd: number, address: Uint8Array): void {
    const { neighbors } = this.parts.tables;
    const index = neighbors.findAddress(bd, address);
    if (index !== 0) this.setFlags(index, neighbors.flagsAt(index) & ~NeighborFlag.FROZEN);
    this.parts.events("duplicate_address_cleared", this.namesOf(bd, address));
    this.parts.thawed(bd, address);
  }

  private setFlags(index: number, flags: number): void {
    const { neighbors } = this.parts.tables;
    const { bd, address, hi, lo, confirmedTick } = neighbors.entryAt(index);
    neighbors.set(bd, address, hi, lo, flags, confirmedTick);
  }

  private namesOf(bd: number, address: Uint8Array): { readonly bridgeDomain: string; readonly ip: string } {
    return { bridgeDomain: this.parts.nameOf(bd), ip: formatMapped(address) };
  }
}
