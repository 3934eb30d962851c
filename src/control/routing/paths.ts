// Paths: what a route's buckets point at. Routes by the same VTEP and router MAC share one, in whatever VRF they are:
// the L3 VNI is the VRF's. Numbers that nobody uses any more are given out again only after `sweep`, when nothing in
// the data path can point at them.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { formatMac } from "../../wire/ethernet.js";
import { Identities } from "../identity.js";
import type { NextHopIntent } from "../intent.js";

/** Where a path leads: a connected bridge domain by name, or a VTEP. */
export type PathTarget = { readonly bridgeDomain: string } | NextHopIntent;

interface Path {
  readonly id: number;
  readonly target: PathTarget;
  users: number;
}

export class Paths {
  private readonly ids = new Identities("next hop", Limit.MAX_PATHS);
  private readonly paths = new Map<string, Path>();
  private readonly idle = new Set<string>();

  /** `domainOf` and `vtepOf` give the tables' numbers of names. */
  constructor(
    private readonly tables: Tables,
    private readonly domainOf: (name: string) => number,
    private readonly vtepOf: (address: string) => number,
  ) {}

  /** Throws `table_full`. */
  acquire(target: PathTarget): number {
    const key = keyOf(target);
    const known = this.paths.get(key);
    if (known !== undefined) {
      known.users += 1;
      this.idle.delete(key);
      return known.id;
    }
    const path = { id: this.ids.acquire(key), target, users: 1 };
    this.paths.set(key, path);
    this.write(path);
    return path.id;
  }

  release(target: PathTarget): void {
    const key = keyOf(target);
    const path = this.paths.get(key);
    if (path === undefined) return;
    path.users -= 1;
    if (path.users === 0) this.idle.add(key);
  }

  targetOf(id: number): PathTarget | undefined {
    return this.paths.get(this.ids.nameOf(id) ?? "")?.target;
  }

  /** The numbers of VTEPs may have changed under the same addresses. */
  followVteps(): void {
    for (const path of this.paths.values()) {
      const { target, id } = path;
      if ("vtep" in target && this.tables.routes.pathVtep[id] !== this.vtepOf(target.vtep)) this.write(path);
    }
  }

  sweep(): void {
    for (const key of this.idle) {
      this.paths.delete(key);
      this.ids.release(key);
    }
    this.idle.clear();
  }

  private write({ id, target }: Path): void {
    const { routes } = this.tables;
    if ("vtep" in target) routes.setVtep(id, this.vtepOf(target.vtep), target.routerMac.hi, target.routerMac.lo);
    else routes.setConnected(id, this.domainOf(target.bridgeDomain));
  }
}

export function keyOf(target: PathTarget): string {
  if ("bridgeDomain" in target) return `domain ${target.bridgeDomain}`;
  return `${target.vtep} ${formatMac(target.routerMac.hi, target.routerMac.lo)}`;
}
