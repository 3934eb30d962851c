// What our own tables hold of EVPN at this moment, by domain and VRF. The tables may change while they are read: the
// audit believes no difference that it has not seen twice.

import { FdbFlag, FdbKind } from "../../../abi/generated.js";
import { NeighborFlag } from "../../../tables/neighbor.js";
import { formatMac } from "../../../wire/ethernet.js";
import { formatMapped } from "../../mapped_address.js";
import type { HeldParts, HeldRoute } from "./faces.js";
import { gatewaysText, SEGMENT } from "./kernel_picture.js";
import { macNumberOf } from "./mac_number.js";
import { MacPlaces } from "./mac_places.js";
import { Slices } from "./slices.js";

/** Places of the FDB that are looked at in one go: far below what a slice of time has room for. */
const PLACES_AT_ONCE = 128;

export interface HeldDomain {
  /** MAC → VTEP. */
  readonly macs: MacPlaces;
  /** Of the config, or bound to a port of ours: a remote one does not replace it. */
  readonly fixedMacs: Set<number>;
  /** Address → MAC. */
  readonly bindings: Map<string, string>;
  readonly fixedBindings: Set<string>;
  readonly flood: Map<string, string>;
}

export interface HeldVrf {
  /** Prefix → VTEPs. */
  readonly routes: Map<string, string>;
  /** VTEP → router MAC. */
  readonly routerMacs: Map<string, string>;
  /** Prefixes that lead into a domain of ours, whatever EVPN says. */
  readonly elsewhere: Set<string>;
}

export class HeldPicture {
  private readonly domains = new Map<number, HeldDomain>();
  private readonly vrfs = new Map<string, HeldVrf>();
  private readonly addresses = new Map<number, string>();

  private constructor(private readonly parts: HeldParts) {}

  static async read(parts: HeldParts): Promise<HeldPicture> {
    const picture = new HeldPicture(parts);
    const { fdb } = parts.tables;
    const slices = new Slices();
    for (let position = 0; ; ) {
      position = fdb.scan(position, PLACES_AT_ONCE, (slot) => picture.addMac(slot));
      if (position === 0) break;
      if (slices.isOver(PLACES_AT_ONCE)) await slices.turn();
    }
    for (const index of [...parts.tables.neighbors.indexes()]) {
      picture.addBinding(index);
      if (slices.isOver()) await slices.turn();
    }
    for (const route of parts.routes()) {
      picture.addRoute(route);
      if (slices.isOver()) await slices.turn();
    }
    return picture;
  }

  domain(name: string): HeldDomain {
    return this.domainAt(this.parts.domainOf(name));
  }

  vrf(name: string): HeldVrf {
    const known = this.vrfs.get(name);
    if (known !== undefined) return known;
    const made = { routes: new Map(), routerMacs: new Map(), elsewhere: new Set<string>() };
    this.vrfs.set(name, made);
    return made;
  }

  private domainAt(bd: number): HeldDomain {
    const known = this.domains.get(bd);
    if (known !== undefined) return known;
    const vteps = this.parts.tables.bridgeDomains.floodVteps[bd] ?? [];
    const addresses = Array.from(vteps, (vtep) => this.addressOf(vtep));
    const made: HeldDomain = {
      macs: new MacPlaces(),
      fixedMacs: new Set(),
      bindings: new Map(),
      fixedBindings: new Set(),
      flood: new Map(addresses.map((address) => [address, address])),
    };
    this.domains.set(bd, made);
    return made;
  }

  private addMac(slot: number): void {
    const { bd, hi, lo, kind, flags, target } = this.parts.tables.fdb.entryAt(slot);
    const isRemote = kind === FdbKind.REMOTE || kind === FdbKind.SEGMENT;
    const isFixed = (flags & FdbFlag.STATIC) !== 0 || (!isRemote && (flags & FdbFlag.STICKY) !== 0);
    if (isFixed) this.domainAt(bd).fixedMacs.add(macNumberOf(hi, lo));
    else if (isRemote && (flags & FdbFlag.EVPN) !== 0) {
      this.domainAt(bd).macs.set(macNumberOf(hi, lo), kind === FdbKind.SEGMENT ? SEGMENT : this.addressOf(target));
    }
  }

  private addBinding(index: number): void {
    const { bd, address, hi, lo, flags } = this.parts.tables.neighbors.entryAt(index);
    if ((flags & NeighborFlag.STATIC) !== 0) this.domainAt(bd).fixedBindings.add(formatMapped(address));
    else if ((flags & NeighborFlag.EVPN) !== 0) {
      this.domainAt(bd).bindings.set(formatMapped(address), formatMac(hi, lo));
    }
  }

  private addRoute({ vrf: name, prefix, targets }: HeldRoute): void {
    const vrf = this.vrf(name);
    const vteps: string[] = [];
    for (const target of targets) {
      if (!("vtep" in target)) continue;
      vteps.push(target.vtep);
      vrf.routerMacs.set(target.vtep, formatMac(target.routerMac.hi, target.routerMac.lo));
    }
    if (vteps.length > 0 && vteps.length === targets.length) vrf.routes.set(prefix, gatewaysText(vteps));
    else vrf.elsewhere.add(prefix);
  }

  private addressOf(vtep: number): string {
    const known = this.addresses.get(vtep) ?? this.parts.vtepAddressOf(vtep);
    this.addresses.set(vtep, known);
    return known;
  }
}
