// The bindings of hosts at our own ports, for who announces them: which there are, and when one comes, goes or changes.
// An address outside the subnets of a routed domain is kept for ARP and ND only: announced, it would become a host route
// on every other VTEP, and any host could draw any traffic. Link-local ones are announced, as the kernel's are: FRR
// carries them with the L2 VNI only.

import type { Tables } from "../../tables/tables.js";
import { readI32 } from "../../wire/bytes.js";
import type { Mac } from "../../wire/ethernet.js";
import { isLinkLocal } from "../mapped_address.js";
import type { Binding, Bindings } from "./bindings.js";

export interface LocalBinding {
  readonly mac: Mac;
  readonly isRouter: boolean;
}

export class LocalBindings {
  private observer: ((bd: number, address: Uint8Array) => void) | undefined;

  constructor(
    private readonly tables: Tables,
    private readonly bindings: Bindings,
  ) {}

  /** `observer` is called after each change; it asks here what there is. */
  observe(observer: (bd: number, address: Uint8Array) => void): void {
    this.observer = observer;
  }

  changed({ bd, address }: { readonly bd: number; readonly address: Uint8Array }): void {
    this.observer?.(bd, address);
  }

  find(bd: number, address: Uint8Array): LocalBinding | undefined {
    const binding = this.bindings.get(this.tables.neighbors.findAddress(bd, address));
    if (binding === undefined || !this.isAnnounced(binding)) return undefined;
    return { mac: binding.mac, isRouter: binding.isRouter };
  }

  *addressesIn(bd: number): Generator<Uint8Array> {
    for (const binding of this.bindings.all())
      if (binding.bd === bd && this.isAnnounced(binding)) yield binding.address;
  }

  private isAnnounced({ bd, address, mac, isPlaced }: Binding): boolean {
    if (!isPlaced || !this.bindings.isLocal(bd, mac)) return false;
    const { bridgeDomains } = this.tables;
    if (bridgeDomains.vrf[bd] === 0 || isLinkLocal(address)) return true;
    const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => readI32(address, at)) as [number, number, number, number];
    return bridgeDomains.isInSubnet(bd, w0, w1, w2, w3);
  }
}
