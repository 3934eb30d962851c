// Bridge domains as views: their config, and what is in them now.

import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { type DataPathCounters, trafficOf } from "../traffic.js";
import type { BridgeDomainView } from "../view_types.js";
import { neighborCounts } from "./routing.js";

export function bridgeDomainViews(tables: Tables, names: VtepNames, counters: DataPathCounters): BridgeDomainView[] {
  const portCounts = new Map<string, number>();
  for (const { bridgeDomain, isHostStack } of names.ports())
    if (!isHostStack) portCounts.set(bridgeDomain, (portCounts.get(bridgeDomain) ?? 0) + 1);
  const neighbors = neighborCounts(tables);
  return Array.from(names.bridgeDomains(), ({ bd, config }) => ({
    ...config,
    vni: config.vni ?? null,
    vrf: config.vrf ?? null,
    gateway: config.gateway ?? null,
    portCount: portCounts.get(config.name) ?? 0,
    floodPortCount: tables.bridgeDomains.floodPorts[bd]?.length ?? 0,
    vtepCount: tables.bridgeDomains.floodVteps[bd]?.length ?? 0,
    macCount: tables.fdb.countByBd[bd] ?? 0,
    neighborCount: neighbors.get(bd) ?? 0,
    ...trafficOf(tables, counters, "bridgeDomains", bd),
  }));
}
