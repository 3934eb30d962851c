// Both families are looked up in one table, IPv4 as ::ffff:0:0/96 (RFC 4291 §2.5.5.2). An IPv6 route that covers that,
// such as a default route, must not draw IPv4 packets: where it has no default route of its own, IPv4 is given one that
// leads nowhere.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { mappedBytes } from "../mapped_address.js";
import type { RouteSets } from "./route_sets.js";

const IPV4 = mappedBytes(new Uint8Array(4));
const IPV4_LENGTH = 96;
/** Up to here ::ffff:0:0 begins with zeros. */
const ZERO_BITS = 80;

export class FamilyBarrier {
  /** IPv6 routes by VRF that cover IPv4. */
  private readonly covering = new Uint16Array(Limit.MAX_VRFS);
  private readonly standing = new Set<number>();
  /** Set without next hops; 0 while none was needed. */
  private nowhere = 0;

  constructor(
    private readonly tables: Tables,
    private readonly sets: RouteSets,
  ) {}

  /** After a prefix went from one set to another; 0 = none. */
  changed(vrf: number, address: Uint8Array, length: number, before: number, after: number): void {
    if (length === IPV4_LENGTH && isSame(address, IPV4)) this.standing.delete(vrf);
    else if (length > ZERO_BITS || address.some((byte) => byte !== 0)) return;
    else this.covering[vrf]! += (after === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
    this.settle(vrf);
  }

  private settle(vrf: number): void {
    const { prefixes } = this.tables;
    const isNeeded = this.covering[vrf] !== 0;
    if (this.standing.has(vrf)) {
      if (isNeeded) return;
      this.standing.delete(vrf);
      prefixes.delete(vrf, IPV4, IPV4_LENGTH);
    } else if (isNeeded && prefixes.find(vrf, IPV4, IPV4_LENGTH) === 0) {
      if (this.nowhere === 0) this.nowhere = this.sets.take([], 0).id;
      this.standing.add(vrf);
      prefixes.set(vrf, IPV4, IPV4_LENGTH, this.nowhere);
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}
