// Looks after bindings of IP addresses to MACs: those that the engine learned from hosts, and the packets that wait for
// one. It withdraws a binding when its host does not answer or its MAC has gone, bounds their number, notices hosts
// that fight over an address, and finds hosts that were never heard of. It decides about no frame: the engine does.

import { BdFlag } from "../../abi/generated.js";
import type { Driver } from "../../dataplane/driver.js";
import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import { formatMac, type Mac } from "../../wire/ethernet.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import { formatMapped } from "../mapped_address.js";
import type { HostEntries } from "../routing/host_entries.js";
import { type Binding, Bindings } from "./bindings.js";
import { Duplicates } from "./duplicates.js";
import { Glean } from "./glean.js";
import { type DomainPolicy, Liveness } from "./liveness.js";
import { addressOf, type Sighting, type Waiting } from "./sighting.js";

const LOOK_MS = 1_000;

export type BindingState = "permanent" | "remote" | "reachable" | "probing" | "silent" | "duplicate";

export interface KeeperParts {
  readonly tables: Tables;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly domains: BridgeDomainControl;
  readonly hosts: HostEntries;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Tables have changed. */
  readonly changed: () => void;
}

export class NeighborKeeper {
  private readonly bindings: Bindings;
  private readonly glean: Glean;
  private readonly liveness: Liveness;
  private readonly duplicates: Duplicates;
  private seenDepartures = 0;
  private cancelLook: () => void;

  constructor(private readonly parts: KeeperParts) {
    const { tables, driver, clock, random } = parts;
    this.bindings = new Bindings(tables);
    this.glean = new Glean(tables, driver, clock);
    this.duplicates = new Duplicates(clock, (bd, address) => this.thaw(bd, address));
    const policyOf = (bd: number) => this.policyOf(bd);
    const silent = (binding: Binding) => this.silent(binding);
    this.liveness = new Liveness(tables, driver, clock, this.bindings, policyOf, random, silent);
    this.cancelLook = clock.after(LOOK_MS, () => this.look());
  }

  /** The engine has heard a host, and has written the binding unless it may not move. */
  onBinding(sighting: Sighting): void {
    const { neighbors } = this.parts.tables;
    const { ingressBd: bd, bindingWord0: w0, bindingWord1: w1, bindingWord2: w2, bindingWord3: w3 } = sighting;
    const index = neighbors.find(bd, w0, w1, w2, w3);
    const mac = { hi: sighting.askerHi, lo: sighting.askerLo };
    if (index === 0) return;
    const known = this.bindings.get(index);
    if (neighbors.hiAt(index) !== mac.hi || neighbors.loAt(index) !== mac.lo) this.refused(bd, sighting, mac);
    else if (known === undefined) this.learned(index, bd, sighting, mac);
    else if (known.mac.hi !== mac.hi || known.mac.lo !== mac.lo) this.moved(known, mac);
    else if (!known.isPlaced) known.isPlaced = this.bindings.isLocal(bd, mac);
  }

  /** See EngineListener.onHold. */
  onHold(waiting: Waiting, bytes: Uint8Array, offset: number, length: number): boolean {
    return this.glean.hold(waiting, bytes, offset, length);
  }

  /** A binding of the config stands in the tables now. */
  addStatic(index: number, bd: number, address: Uint8Array, mac: Mac): void {
    const known = this.bindings.get(index);
    if (known !== undefined) this.bindings.delete(known);
    this.liveness.schedule(this.bindings.add(index, bd, address, mac, true));
    this.glean.release(bd, address);
  }

  removeStatic(index: number): void {
    const binding = this.bindings.get(index);
    if (binding !== undefined) this.forget(binding);
  }

  /** The intent has changed: intervals, gateways, and whether the engine listens to hosts of a domain at all. */
  policiesChanged(): void {
    const { bridgeDomains } = this.parts.tables;
    for (const binding of [...this.bindings.all()]) {
      const isHeard = (bridgeDomains.flags[binding.bd]! & (BdFlag.GATEWAY | BdFlag.ARP_SUPPRESSION)) !== 0;
      if (!isHeard && !binding.isStatic) this.forget(binding);
      else if (binding.probes === 0) this.liveness.schedule(binding);
    }
  }

  /** The domain's gateway, or the domain itself, is gone. */
  dropWaiting(bd: number): void {
    this.glean.dropDomain(bd);
  }

  /** While the domain's number is still its own. */
  removeDomain(bd: number): void {
    for (const binding of [...this.bindings.all()]) if (binding.bd === bd) this.forget(binding);
    this.duplicates.dropDomain(bd);
  }

  /** Whether a MAC must not age yet: its host is being asked, or has answered. */
  holdsMac(bd: number, mac: Mac): boolean {
    for (const binding of this.bindings.ofMac(bd, mac)) if (this.liveness.isKept(binding)) return true;
    return false;
  }

  /** Bindings whose MAC has left our ports go; those whose MAC is at another port of ours stay. */
  followMacs(): void {
    const { fdb } = this.parts.tables;
    if (fdb.localDepartures === this.seenDepartures) return;
    this.seenDepartures = fdb.localDepartures;
    const gone = [...this.bindings.all()].filter((binding) => {
      return binding.isPlaced && !this.bindings.isLocal(binding.bd, binding.mac);
    });
    for (const binding of gone) {
      if (binding.isStatic) binding.isPlaced = false;
      else this.withdraw(binding, "its MAC has gone");
    }
  }

  /** `isHeard`: whether this VTEP listens to the host. */
  factsOf(index: number): { readonly state: BindingState; readonly isHeard: boolean } {
    const isHeard = this.bindings.get(index)?.isPlaced === true;
    return { state: this.stateOf(index), isHeard };
  }

  private stateOf(index: number): BindingState {
    const binding = this.bindings.get(index);
    const flags = this.parts.tables.neighbors.flagsAt(index);
    if ((flags & NeighborFlag.FROZEN) !== 0) return "duplicate";
    if (binding?.isSilent === true) return "silent";
    if ((flags & NeighborFlag.STATIC) !== 0) return "permanent";
    if (binding === undefined) return "remote";
    return this.liveness.isAsked(binding) ? "probing" : "reachable";
  }

  /** Ends freezes by hand. Returns how many. */
  clearDuplicates(isMeant: (bd: number) => boolean): number {
    return this.duplicates.clear(isMeant);
  }

  problems(): string[] {
    return Array.from(this.duplicates.frozen(), ({ bd, address }) => {
      const what = `IP address ${formatMapped(address)} in bridge domain ${this.parts.domains.nameOf(bd)}`;
      return `${what} is claimed by several hosts, and frozen`;
    });
  }

  close(): void {
    this.cancelLook();
    this.glean.close();
    this.duplicates.close();
  }

  private look(): void {
    this.followMacs();
    this.liveness.look();
    this.cancelLook = this.parts.clock.after(LOOK_MS, () => this.look());
  }

  private policyOf(bd: number): DomainPolicy | undefined {
    const { domains } = this.parts;
    const intent = domains.intentOf(domains.nameOf(bd));
    return intent && { ...intent.bindings, ageSeconds: intent.ageSeconds };
  }

  private learned(index: number, bd: number, sighting: Sighting, mac: Mac): void {
    const { tables, hosts, events, domains, changed } = this.parts;
    const address = addressOf(sighting);
    const limit = this.policyOf(bd)?.maxBindings ?? 0;
    if (this.bindings.countOf(bd) >= limit) {
      tables.neighbors.delete(index);
      hosts.neighborChanged(bd, address);
      changed();
      events("binding_limit", { bridgeDomain: domains.nameOf(bd), limit });
      return;
    }
    const binding = this.bindings.add(index, bd, address, mac, false);
    if (this.duplicates.isFrozen(bd, address)) this.freeze(binding);
    this.liveness.schedule(binding);
    this.glean.release(bd, address);
  }

  private moved(binding: Binding, mac: Mac): void {
    const { bd, address } = binding;
    const from = formatMac(binding.mac.hi, binding.mac.lo);
    const names = this.namesOf(bd, address);
    this.bindings.move(binding, mac);
    this.liveness.schedule(binding);
    this.parts.events("binding_moved", { ...names, from, to: formatMac(mac.hi, mac.lo) });
    const policy = this.policyOf(bd);
    if (policy === undefined || !this.duplicates.moved(bd, address, policy)) return;
    this.freeze(binding);
    const alarm = { mac: formatMac(mac.hi, mac.lo), moves: policy.duplicateMoves, seconds: policy.duplicateSeconds };
    this.parts.events("duplicate_address", { ...names, ...alarm });
  }

  /** A host claims an address that is static, or frozen, at another MAC. */
  private refused(bd: number, sighting: Sighting, mac: Mac): void {
    const names = this.namesOf(bd, addressOf(sighting));
    this.parts.events("binding_refused", { ...names, mac: formatMac(mac.hi, mac.lo) });
  }

  private silent(binding: Binding): void {
    const probes = `no answer to ${binding.probes} probes`;
    if (!binding.isStatic) {
      this.withdraw(binding, probes);
      return;
    }
    const { bd, address, mac } = binding;
    const wasSilent = binding.isSilent;
    binding.isSilent = true;
    this.liveness.postpone(binding);
    if (wasSilent) return;
    this.parts.events("binding_silent", { ...this.namesOf(bd, address), mac: formatMac(mac.hi, mac.lo), why: probes });
  }

  private withdraw(binding: Binding, why: string): void {
    const { bd, address, mac } = binding;
    this.forget(binding);
    this.parts.events("binding_withdrawn", { ...this.namesOf(bd, address), mac: formatMac(mac.hi, mac.lo), why });
  }

  private forget(binding: Binding): void {
    const { tables, hosts, changed } = this.parts;
    this.bindings.delete(binding);
    tables.neighbors.delete(binding.index);
    hosts.neighborChanged(binding.bd, binding.address);
    changed();
  }

  private freeze({ index }: Binding): void {
    this.setFlags(index, this.parts.tables.neighbors.flagsAt(index) | NeighborFlag.FROZEN);
  }

  private thaw(bd: number, address: Uint8Array): void {
    const { neighbors } = this.parts.tables;
    const index = neighbors.findAddress(bd, address);
    if (index !== 0) this.setFlags(index, neighbors.flagsAt(index) & ~NeighborFlag.FROZEN);
    this.parts.events("duplicate_address_cleared", this.namesOf(bd, address));
  }

  private setFlags(index: number, flags: number): void {
    const { neighbors } = this.parts.tables;
    const { bd, address, hi, lo, confirmedTick } = neighbors.entryAt(index);
    neighbors.set(bd, address, hi, lo, flags, confirmedTick);
  }

  private namesOf(bd: number, address: Uint8Array): { readonly bridgeDomain: string; readonly ip: string } {
    return { bridgeDomain: this.parts.domains.nameOf(bd), ip: formatMapped(address) };
  }
}
