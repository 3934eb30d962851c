// Single addresses of a VRF: who says where one is, when several do. Our own address goes before a host route, that
// before a neighbour; when one goes, the next returns. Neighbours are written by the engine as it learns them, and
// only where nothing else stands; here they are restored and deleted.

import { HostKind } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { isLinkLocal } from "../mapped_address.js";
import { AddressValues } from "./address_values.js";

export class HostEntries {
  /** Domain of each own address, and route of each host route, by VRF and address. */
  private readonly locals = new AddressValues();
  private readonly routes = new AddressValues();
  /** Routed domains of each VRF. */
  private readonly domains = new Map<number, Set<number>>();

  constructor(private readonly tables: Tables) {}

  setLocal(vrf: number, address: Uint8Array, bd: number): void {
    this.locals.set(vrf, address, bd);
    this.settle(vrf, address);
  }

  deleteLocal(vrf: number, address: Uint8Array): void {
    this.locals.set(vrf, address, 0);
    this.settle(vrf, address);
  }

  setRoute(vrf: number, address: Uint8Array, route: number): void {
    this.routes.set(vrf, address, route);
    this.settle(vrf, address);
  }

  deleteRoute(vrf: number, address: Uint8Array): void {
    this.routes.set(vrf, address, 0);
    this.settle(vrf, address);
  }

  /** The domain's hosts are routed to from now on. Its gateway stands in the tables. */
  attachDomain(vrf: number, bd: number): void {
    const domains = this.domains.get(vrf) ?? new Set();
    this.domains.set(vrf, domains.add(bd));
    for (const address of this.addressesIn(bd)) this.settle(vrf, address);
  }

  /** The domain's hosts are routed to no more, or from another VRF. */
  detachDomain(vrf: number, bd: number): void {
    this.domains.get(vrf)?.delete(bd);
    for (const address of this.addressesIn(bd)) this.settle(vrf, address);
  }

  /** A binding was set or deleted in the neighbour table. */
  neighborChanged(bd: number, address: Uint8Array): void {
    const vrf = this.tables.bridgeDomains.vrf[bd]!;
    if (vrf !== 0) this.settle(vrf, address);
  }

  private *addressesIn(bd: number): Generator<Uint8Array> {
    for (const entry of [...this.tables.neighbors.entries()]) if (entry.bd === bd) yield entry.address;
  }

  /** Writes what is due at an address, if it is not there already. */
  private settle(vrf: number, address: Uint8Array): void {
    const local = this.locals.get(vrf, address);
    const route = this.routes.get(vrf, address);
    if (local !== 0) this.write(vrf, address, HostKind.LOCAL, local, 0, 0);
    else if (route !== 0) this.write(vrf, address, HostKind.ROUTE, route, 0, 0);
    else this.settleNeighbor(vrf, address);
  }

  private settleNeighbor(vrf: number, address: Uint8Array): void {
    const { neighbors, hosts } = this.tables;
    const domains = [...(this.domains.get(vrf) ?? [])];
    const bd = domains.find((candidate) => this.bindingIn(candidate, address) !== 0);
    if (bd === undefined) {
      hosts.delete(vrf, address);
      return;
    }
    const binding = this.bindingIn(bd, address);
    this.write(vrf, address, HostKind.NEIGHBOR, bd, neighbors.hiAt(binding), neighbors.loAt(binding));
  }

  private write(vrf: number, address: Uint8Array, kind: number, target: number, hi: number, lo: number): void {
    const { hosts } = this.tables;
    const index = hosts.findAddress(vrf, address);
    const is = index !== 0 && hosts.kindAt(index) === kind && hosts.targetAt(index) === target;
    if (is && hosts.hiAt(index) === hi && hosts.loAt(index) === lo) return;
    if (kind === HostKind.LOCAL) hosts.setLocal(vrf, address, target);
    else if (kind === HostKind.ROUTE) hosts.setRoute(vrf, address, target);
    else hosts.setNeighbor(vrf, address, target, hi, lo);
  }

  /** Only in the domain's own subnets, or any host could draw any traffic. */
  private bindingIn(bd: number, address: Uint8Array): number {
    const { neighbors, bridgeDomains } = this.tables;
    if (isLinkLocal(address)) return 0;
    const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
    const [w0, w1, w2, w3] = [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
    return bridgeDomains.isInSubnet(bd, w0, w1, w2, w3) ? neighbors.find(bd, w0, w1, w2, w3) : 0;
  }
}
