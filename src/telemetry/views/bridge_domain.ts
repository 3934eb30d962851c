// Bridge domains as views: their config, and what is in them now.

import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { type DataPathCounters, trafficOf } from "../traffic.js";
import type { BridgeDomainView } from "../view_types.js";

export function bridgeDomainViews(tables: Tables, names: VtepNames, counters: DataPathCounters): BridgeDomainView[] {
  const portCounts = new Map<string, number>();
  for (const { bridgeDomain } of names.ports()) portCounts.set(bridgeDomain, (portCounts.get(bridgeDomain) ?? 0) + 1);
  return Array.from(names.bridgeDomains(), ({ bd, config }) => ({
    ...config,
    portCount: portCounts.get(config.name) ?? 0,
    floodPortCount: tables.bridgeDomains.floodPorts[bd]?.length ?? 0,
    vtepCount: tables.bridgeDomains.floodVteps[bd]?.length ?? 0,
    macCount: tables.fdb.countByBd[bd] ?? 0,
    ...trafficOf(tables, counters, "bridgeDomains", bd),
  }));
}
