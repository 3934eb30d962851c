// Access ports as views.

import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { type DataPathCounters, trafficOf } from "../traffic.js";
import type { PortView } from "../view_types.js";

export function portViews(tables: Tables, names: VtepNames, counters: DataPathCounters): PortView[] {
  return Array.from(names.ports(), ({ port, vlan, ...facts }) => ({
    interface: facts.interface,
    vlan: vlan === 0 ? null : vlan,
    bridgeDomain: facts.bridgeDomain,
    hostStack: facts.isHostStack,
    state: facts.state,
    stateReason: facts.stateReason,
    hook: facts.hook,
    hookReason: facts.hookReason,
    delivery: facts.delivery,
    deliveryReason: facts.deliveryReason,
    macCount: tables.fdb.countByPort[port] ?? 0,
    macLimit: tables.ports.macLimit[port] || null,
    ...trafficOf(tables, counters, "ports", port),
  }));
}
