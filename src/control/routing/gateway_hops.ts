// Next hops that are hosts of a connected domain: which MAC each has by now. Their bindings are those of any host of the
// domain, learned here or told by EVPN; one that comes, moves or goes is one path write for all routes behind it.

import { BdFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { Mac } from "../../wire/ethernet.js";
import { mappedAddress } from "../mapped_address.js";
import { type GatewayHop, keyOf } from "./path_target.js";

/** Whom to ask for, and in which domain. */
export interface SoughtGateway {
  readonly bd: number;
  readonly address: Uint8Array;
  readonly hop: GatewayHop;
}

interface Hop {
  readonly path: number;
  readonly target: GatewayHop;
  readonly address: Uint8Array;
  bd: number;
  mac: Mac | undefined;
}

const NO_MAC: Mac = { hi: 0, lo: 0 };

export class GatewayHops {
  private readonly hops = new Map<string, Hop>();

  constructor(
    private readonly tables: Tables,
    private readonly domainOf: (name: string) => number,
  ) {}

  add(path: number, target: GatewayHop): void {
    const hop = { path, target, address: mappedAddress(target.gateway), bd: 0, mac: undefined };
    this.hops.set(keyOf(target), hop);
    this.look(hop);
    this.write(hop);
  }

  remove(target: GatewayHop): void {
    this.hops.delete(keyOf(target));
  }

  macOf(target: GatewayHop): Mac | undefined {
    return this.hops.get(keyOf(target))?.mac;
  }

  /** Brings the paths in line with the bindings. Those that became usable, or are not any more. */
  follow(): GatewayHop[] {
    const turned: GatewayHop[] = [];
    for (const hop of this.hops.values()) {
      const before = { bd: hop.bd, mac: hop.mac };
      this.look(hop);
      if (hop.bd === before.bd && hop.mac?.hi === before.mac?.hi && hop.mac?.lo === before.mac?.lo) continue;
      this.write(hop);
      if ((hop.mac === undefined) !== (before.mac === undefined)) turned.push(hop.target);
    }
    return turned;
  }

  /** Those without a MAC, in domains where they can be asked for. */
  *sought(): Generator<SoughtGateway> {
    for (const { bd, address, target, mac } of this.hops.values()) {
      if (mac === undefined && this.isRouted(bd)) yield { bd, address, hop: target };
    }
  }

  problems(): string[] {
    const unrouted = [...this.hops.values()].filter(({ bd }) => !this.isRouted(bd));
    return unrouted.map(({ target: { bridgeDomain, gateway } }) => {
      return `bridge domain ${bridgeDomain}: routes lead by gateway ${gateway}, and the domain has no gateway itself`;
    });
  }

  private look(hop: Hop): void {
    hop.bd = this.domainOf(hop.target.bridgeDomain);
    hop.mac = this.isRouted(hop.bd) ? this.binding(hop.bd, hop.address) : undefined;
  }

  /** Without a gateway of its own a domain has no MAC that packets could come from. */
  private isRouted(bd: number): boolean {
    return bd !== 0 && (this.tables.bridgeDomains.flags[bd]! & BdFlag.GATEWAY) !== 0;
  }

  private binding(bd: number, address: Uint8Array): Mac | undefined {
    const { neighbors } = this.tables;
    const index = neighbors.findAddress(bd, address);
    return index === 0 ? undefined : { hi: neighbors.hiAt(index), lo: neighbors.loAt(index) };
  }

  private write({ path, bd, mac = NO_MAC }: Hop): void {
    this.tables.routes.setGateway(path, bd, mac.hi, mac.lo);
  }
}
