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
import { sourceName } from "./binding_room.js";
import { type Binding, Bindings, STATIC } from "./bindings.js";
import { Freezes } from "./freezes.js";
import { Glean } from "./glean.js";
import { type DomainPolicy, Liveness } from "./liveness.js";
import { LocalBindings } from "./local.js";
import { RemoteBindings } from "./remote.js";
import { announcementFor } from "./requests.js";
import { addressOf, type Sighting, type Waiting, wasFlooded } from "./sighting.js";

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
  /** What is to be announced. */
  readonly local: LocalBindings;
  /** What EVPN tells; written by setRemote and deleteRemote. */
  readonly remote: RemoteBindings;
  private readonly bindings: Bindings;
  private readonly glean: Glean;
  private readonly liveness: Liveness;
  private readonly freezes: Freezes;
  private seenDepartures = 0;
  private cancelLook: () => void;

  constructor(private readonly parts: KeeperParts) {
    const { tables, driver, clock, random, events, domains } = parts;
    this.bindings = new Bindings(tables);
    this.local = new LocalBindings(tables, this.bindings);
    this.remote = new RemoteBindings(tables, driver, clock);
    this.glean = new Glean(tables, driver, clock);
    const policyOf = (bd: number) => this.policyOf(bd);
    const nameOf = (bd: number) => domains.nameOf(bd);
    const thawed = (bd: number, address: Uint8Array) => this.restoreRemote(bd, address);
    this.freezes = new Freezes({ tables, clock, events, nameOf, policyOf, thawed });
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
    else this.heard(known, sighting, mac);
  }

  /** EVPN says where an address is: `flags` is NeighborFlag.ROUTER or none. */
  setRemote(bd: number, address: Uint8Array, mac: Mac, flags: number): void {
    const { hosts, changed, tables } = this.parts;
    const known = this.bindings.get(tables.neighbors.findAddress(bd, address));
    const isOther = known !== undefined && !known.isStatic && (known.mac.hi !== mac.hi || known.mac.lo !== mac.lo);
    if (isOther && !this.freezes.isFrozen(known)) this.freezes.moved(known, mac);
    if (!this.remote.set({ bd, address, mac, flags })) return;
    if (known !== undefined) this.leftFor(known, mac);
    hosts.neighborChanged(bd, address);
    this.glean.release(bd, address);
    changed();
  }

  /** EVPN does not say so any more. What our own hosts say of the address is not concerned. */
  deleteRemote(bd: number, address: Uint8Array): void {
    const index = this.remote.withdrawn(bd, address);
    if (index !== 0) this.clear(index, bd, address);
  }

  /** See EngineListener.onHold. */
  onHold(waiting: Waiting, bytes: Uint8Array, offset: number, length: number): boolean {
    return this.glean.hold(waiting, bytes, offset, length);
  }

  /** A binding of the config stands in the tables now. */
  addStatic(index: number, bd: number, address: Uint8Array, mac: Mac): void {
    const known = this.bindings.get(index);
    if (known !== undefined) this.bindings.delete(known);
    const binding = this.bindings.add(index, bd, address, mac, STATIC);
    this.liveness.schedule(binding);
    this.local.changed(binding);
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
    this.remote.dropDomain(bd);
    for (const binding of [...this.bindings.all()]) if (binding.bd === bd) this.forget(binding);
    const { neighbors } = this.parts.tables;
    for (const index of [...neighbors.indexes()]) {
      if (neighbors.domainAt(index) === bd) this.clear(index, bd, neighbors.entryAt(index).address);
    }
    this.freezes.dropDomain(bd);
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
      if (this.bindings.isRemote(binding.bd, binding.mac)) this.remote.askWhetherGone(binding);
      if (binding.isStatic) this.place(binding, false);
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
    return this.freezes.clear(isMeant);
  }

  problems(): string[] {
    return this.freezes.problems();
  }

  close(): void {
    this.cancelLook();
    this.glean.close();
    this.freezes.close();
  }

  private look(): void {
    this.followMacs();
    for (const binding of this.bindings.all()) if (binding.isStatic && !binding.isPlaced) this.confirmed(binding);
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
    const shortage = this.bindings.shortageOf(bd, sighting.port, limit);
    if (shortage !== undefined) {
      tables.neighbors.delete(index);
      hosts.neighborChanged(bd, address);
      changed();
      const objects = { bridgeDomain: domains.nameOf(bd), limit };
      events("binding_limit", shortage === "port" ? { ...objects, port: sourceName(tables, sighting.port) } : objects);
      return;
    }
    const binding = this.bindings.add(index, bd, address, mac, sighting.port);
    this.freezes.follow(binding);
    this.liveness.schedule(binding);
    this.local.changed(binding);
    this.glean.release(bd, address);
    changed();
  }

  private heard(binding: Binding, sighting: Sighting, mac: Mac): void {
    this.bindings.heardAt(binding, sighting.port);
    const isSame = binding.mac.hi === mac.hi && binding.mac.lo === mac.lo;
    if (isSame) this.confirmed(binding);
    else this.moved(binding, mac, wasFlooded(sighting));
  }

  /** The host has said the same again, perhaps more of itself, and perhaps at one of our ports now. */
  private confirmed(binding: Binding): void {
    const isRouter = this.bindings.isRouter(binding.index);
    const isNews = isRouter !== binding.isRouter;
    binding.isRouter = isRouter;
    if (!binding.isPlaced && this.bindings.isLocal(binding.bd, binding.mac)) this.place(binding, true);
    else if (isNews) this.local.changed(binding);
  }

  private place(binding: Binding, isPlaced: boolean): void {
    binding.isPlaced = isPlaced;
    this.local.changed(binding);
  }

  /** Hosts that have not heard the move itself are told, once (RFC 9161 §3.7). */
  private moved(binding: Binding, mac: Mac, isHeard: boolean): void {
    const { bd, address } = binding;
    const from = formatMac(binding.mac.hi, binding.mac.lo);
    this.bindings.move(binding, mac);
    binding.isRouter = this.bindings.isRouter(binding.index);
    this.liveness.schedule(binding);
    this.local.changed(binding);
    this.parts.events("binding_moved", { ...this.namesOf(bd, address), from, to: formatMac(mac.hi, mac.lo) });
    const { tables, driver, clock } = this.parts;
    if (!isHeard) driver.originate(bd, announcementFor(tables, bd, address, mac, binding.isRouter), clock.tick());
    this.freezes.moved(binding, mac);
    this.parts.changed();
  }

  /** The address is at a host of another VTEP now. */
  private leftFor(binding: Binding, mac: Mac): void {
    const { bd, address } = binding;
    this.bindings.delete(binding);
    this.local.changed(binding);
    if (!binding.isPlaced) return;
    this.remote.askWhetherGone(binding);
    const from = formatMac(binding.mac.hi, binding.mac.lo);
    this.parts.events("binding_left", { ...this.namesOf(bd, address), from, to: formatMac(mac.hi, mac.lo) });
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
    this.bindings.delete(binding);
    this.clear(binding.index, binding.bd, binding.address);
    this.local.changed(binding);
    this.restoreRemote(binding.bd, binding.address);
  }

  private clear(index: number, bd: number, address: Uint8Array): void {
    const { tables, hosts, changed } = this.parts;
    tables.neighbors.delete(index);
    hosts.neighborChanged(bd, address);
    changed();
  }

  /** Nothing stands before what EVPN says of the address any more. */
  private restoreRemote(bd: number, address: Uint8Array): void {
    const waiting = this.remote.take(bd, address);
    if (waiting !== undefined) this.setRemote(bd, address, waiting.mac, waiting.flags);
  }

  private namesOf(bd: number, address: Uint8Array): { readonly bridgeDomain: string; readonly ip: string } {
    return { bridgeDomain: this.parts.domains.nameOf(bd), ip: formatMapped(address) };
  }
}
