// VRFs, routes and bindings as views.

import { Limit } from "../../abi/generated.js";
import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import type { RouteTarget, VtepNames } from "../names.js";
import { addressText, macText } from "../text.js";
import type { NeighborView, NexthopView, Origin, RouteView, VrfView, VtepRouterView } from "../view_types.js";

const TICKS_PER_SECOND = 1e9 / Limit.TICK_NS;

/** By domain and address. What has gone by the time it would be shown is left out. */
export function* neighborViews(tables: Tables, names: VtepNames, nowTick: number): Generator<NeighborView> {
  const keys = [...tables.neighbors.entries()].sort((a, b) => a.bd - b.bd || Buffer.compare(a.address, b.address));
  for (const { bd, address } of keys) {
    const index = tables.neighbors.findAddress(bd, address);
    if (index === 0) continue;
    const { hi, lo, flags, confirmedTick } = tables.neighbors.entryAt(index);
    const { state, isHeard } = names.neighbor(index);
    yield {
      bridgeDomain: names.bridgeDomain(bd),
      vrf: names.vrf(tables.bridgeDomains.vrf[bd]!) || null,
      ip: addressText(address),
      mac: macText(hi, lo),
      origin: originOf(flags),
      state,
      idleSeconds: isHeard ? Math.max(0, (nowTick - confirmedTick) | 0) / TICKS_PER_SECOND : null,
    };
  }
}

function originOf(flags: number): Origin {
  if ((flags & NeighborFlag.STATIC) !== 0) return "static";
  return (flags & NeighborFlag.EVPN) !== 0 ? "evpn" : "learned";
}

export function* routeViews(names: VtepNames): Generator<RouteView> {
  const l3Vnis = new Map(Array.from(names.vrfs(), ({ config }) => [config.name, config.l3vni ?? null]));
  for (const { vrf, prefix, targets } of names.routes()) {
    yield { vrf, prefix, nexthops: targets.map((target) => nexthopView(target, l3Vnis.get(vrf) ?? null)) };
  }
}

function nexthopView(target: RouteTarget, l3vni: number | null): NexthopView {
  if ("gateway" in target) {
    const { bridgeDomain, gateway, mac } = target;
    return { bridgeDomain, gateway, mac: mac === undefined ? null : macText(mac.hi, mac.lo) };
  }
  if ("bridgeDomain" in target) return { bridgeDomain: target.bridgeDomain };
  return { vtep: target.vtep, l3vni, routerMac: macText(target.routerMac.hi, target.routerMac.lo) };
}

export function vrfViews(tables: Tables, names: VtepNames): VrfView[] {
  const neighbors = neighborCounts(tables);
  const domains = [...names.bridgeDomains()];
  return Array.from(names.vrfs(), ({ config, routeCount }) => {
    const members = domains.filter((domain) => domain.config.vrf === config.name);
    return {
      name: config.name,
      l3vni: config.l3vni ?? null,
      routerMac: config.routerMac ?? null,
      irb: config.irb,
      table: config.table ?? null,
      bridgeDomains: members.map((domain) => domain.config.name),
      routeCount,
      neighborCount: members.reduce((sum, { bd }) => sum + (neighbors.get(bd) ?? 0), 0),
    };
  });
}

/** Bindings by domain. */
export function neighborCounts(tables: Tables): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const index of tables.neighbors.indexes()) {
    const bd = tables.neighbors.domainAt(index);
    counts.set(bd, (counts.get(bd) ?? 0) + 1);
  }
  return counts;
}

/** Router MACs by address of the VTEP; a VTEP may have one in each VRF. */
export function routersByVtep(names: VtepNames): ReadonlyMap<string, readonly VtepRouterView[]> {
  const routers = new Map<string, Map<string, VtepRouterView>>();
  for (const { vrf, nexthops } of routeViews(names)) {
    for (const nexthop of nexthops) {
      if (!("vtep" in nexthop)) continue;
      const { vtep, l3vni, routerMac } = nexthop;
      const known = routers.get(vtep) ?? new Map<string, VtepRouterView>();
      routers.set(vtep, known.set(`${vrf} ${routerMac}`, { vrf, l3vni, routerMac }));
    }
  }
  return new Map([...routers].map(([vtep, known]) => [vtep, [...known.values()]]));
}
