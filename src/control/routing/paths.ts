// Paths: what a route's buckets point at. Routes by the same VTEP and router MAC share one. What the config says of both
// holds in whatever VRF, for the L3 VNI is the VRF's; where the control plane names the VTEP, the router MAC is that of
// the VRF at the time, so that another one is one write for all routes; so is the MAC of a gateway. Numbers that nobody uses any more are given out
// again only after `sweep`, when nothing in the data path can point at them.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { Mac } from "../../wire/ethernet.js";
import { Identities } from "../identity.js";
import { GatewayHops, type SoughtGateway } from "./gateway_hops.js";
import {
  type GatewayHop,
  isGateway,
  isLearned,
  keyOf,
  type LearnedNextHop,
  type PathFacts,
  type PathTarget,
} from "./path_target.js";
import { RouterMacs } from "./router_macs.js";

/** What paths need of the remote VTEPs; see RemoteVteps. */
export interface NextHopVteps {
  idOf(address: string): number;
  holdAddress(address: string): number;
  letGo(vtep: number): void;
}

interface Path {
  readonly id: number;
  readonly target: PathTarget;
  /** Held for the path; 0 = not held. */
  readonly held: number;
  users: number;
}

const NO_MAC: Mac = { hi: 0, lo: 0 };

export class Paths {
  private readonly ids = new Identities("next hop", Limit.MAX_PATHS);
  private readonly paths = new Map<string, Path>();
  private readonly idle = new Set<string>();
  private readonly routerMacs = new RouterMacs();
  private readonly gateways: GatewayHops;

  /** `domainOf` gives the tables' numbers of names. */
  constructor(
    private readonly tables: Tables,
    private readonly domainOf: (name: string) => number,
    private readonly vteps: NextHopVteps,
  ) {
    this.gateways = new GatewayHops(tables, domainOf);
  }

  /** Throws `table_full`. */
  acquire(target: PathTarget): number {
    const key = keyOf(target);
    const known = this.paths.get(key);
    if (known !== undefined) {
      known.users += 1;
      this.idle.delete(key);
      return known.id;
    }
    const id = this.ids.acquire(key);
    const path = { id, target, held: isLearned(target) ? this.vteps.holdAddress(target.vtep) : 0, users: 1 };
    this.paths.set(key, path);
    this.write(path);
    return id;
  }

  release(target: PathTarget): void {
    const key = keyOf(target);
    const path = this.paths.get(key);
    if (path === undefined) return;
    path.users -= 1;
    if (path.users === 0) this.idle.add(key);
  }

  /** 0 for one that nobody has acquired. */
  idOf(target: PathTarget): number {
    return this.paths.get(keyOf(target))?.id ?? 0;
  }

  /** Whether packets can be sent by it: not before its MAC is known and, where it is a VTEP's, that has a place. */
  isUsable(target: PathTarget): boolean {
    if (isGateway(target)) return this.gateways.macOf(target) !== undefined;
    if (!isLearned(target)) return true;
    return this.routerMacs.get(target.vrf, target.vtep) !== undefined && this.paths.get(keyOf(target))?.held !== 0;
  }

  factsOf(target: PathTarget): PathFacts {
    if (isGateway(target)) return { ...target, mac: this.gateways.macOf(target) };
    if (!isLearned(target)) return target;
    return { vtep: target.vtep, routerMac: this.routerMacs.get(target.vrf, target.vtep) ?? NO_MAC };
  }

  /** True where the next hop was not usable before. */
  setRouterMac(hop: LearnedNextHop, mac: Mac): boolean {
    const before = this.routerMacs.get(hop.vrf, hop.vtep);
    this.routerMacs.set(hop.vrf, hop.vtep, mac);
    const path = this.paths.get(keyOf(hop));
    if (path === undefined || (before?.hi === mac.hi && before.lo === mac.lo)) return false;
    this.write(path);
    return before === undefined;
  }

  loseRouterMac(hop: LearnedNextHop): void {
    this.routerMacs.lose(hop.vrf, hop.vtep);
  }

  /** Next hops of routes whose router MAC the control plane does not tell. */
  private *withoutRouterMac(): IterableIterator<LearnedNextHop> {
    for (const { target, users } of this.paths.values()) {
      if (users > 0 && isLearned(target) && !this.routerMacs.isKnown(target.vrf, target.vtep)) yield target;
    }
  }

  /** The numbers of VTEPs may have changed under the same addresses. */
  followVteps(): void {
    for (const path of this.paths.values()) {
      const { target, id } = path;
      if ("vtep" in target && this.tables.routes.pathVtep[id] !== this.vteps.idOf(target.vtep)) this.write(path);
    }
  }

  /** Bindings of hosts may have changed. Gateways that packets can be sent by now, or no more. */
  followGateways(): GatewayHop[] {
    return this.gateways.follow();
  }

  soughtGateways(): Iterable<SoughtGateway> {
    return this.gateways.sought();
  }

  problems(): string[] {
    const missing = Array.from(this.withoutRouterMac(), ({ vrf, vtep }) => {
      return `VRF ${vrf}: VTEP ${vtep} has routes and no router MAC`;
    });
    return [...missing, ...this.gateways.problems()];
  }

  sweep(): void {
    for (const key of this.idle) {
      const { held = 0, target } = this.paths.get(key) ?? {};
      if (held !== 0) this.vteps.letGo(held);
      if (target !== undefined && isGateway(target)) this.gateways.remove(target);
      this.paths.delete(key);
      this.ids.release(key);
    }
    this.idle.clear();
    this.routerMacs.forgetLost((vrf, vtep) => this.paths.has(keyOf({ vrf, vtep })));
  }

  private write({ id, target }: Path): void {
    const { routes } = this.tables;
    if (isGateway(target)) {
      this.gateways.add(id, target);
      return;
    }
    const facts = this.factsOf(target);
    if ("bridgeDomain" in facts) routes.setConnected(id, this.domainOf(facts.bridgeDomain));
    else routes.setVtep(id, this.vteps.idOf(facts.vtep), facts.routerMac.hi, facts.routerMac.lo);
  }
}
